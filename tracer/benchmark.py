"""`tf.test.Benchmark`: classes whose benchmark methods `tf.test.main()` runs for the argument `--benchmarks=REGEX`."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Mapping
from typing import Any

# With this variable in the environment each report goes to a file whose name begins with its value.
TEST_REPORTER_TEST_ENV = "TEST_REPORT_FILE_PREFIX"

GLOBAL_BENCHMARK_REGISTRY: set[type[Benchmark]] = set()


class Benchmark:
    """Derive from this class; its methods whose names begin with `benchmark` are the benchmarks."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not cls.is_abstract():
            GLOBAL_BENCHMARK_REGISTRY.add(cls)

    @classmethod
    def is_abstract(cls) -> bool:
        """Whether this class is no benchmark itself."""
        return cls is Benchmark

    def report_benchmark(
        self,
        iters: int | None = None,
        cpu_time: float | None = None,
        wall_time: float | None = None,
        throughput: float | None = None,
        extras: Mapping[str, Any] | None = None,
        name: str | None = None,
    ) -> None:
        """Report what was measured, under the name of the benchmark method that calls this, or under `name`."""
        prefix = os.environ.get(TEST_REPORTER_TEST_ENV)
        if prefix is None:
            return
        from tracer import protos

        full_name = f"{type(self).__name__}.{name or _calling_benchmark()}"
        entries = protos.BenchmarkEntries()
        entry = entries.entry.add(name=full_name)
        for field, value in (
            ("iters", iters), ("cpu_time", cpu_time), ("wall_time", wall_time), ("throughput", throughput)
        ):  # fmt: skip
            if value is not None:
                setattr(entry, field, value)
        for key, value in (extras or {}).items():
            if isinstance(value, (int, float)):
                entry.extras[key].double_value = value
            else:
                entry.extras[key].string_value = str(value)
        with open(prefix + full_name.replace("/", "__"), "xb") as file:
            file.write(entries.SerializeToString())

    def run_op_benchmark(
        self,
        sess: Any,
        op_or_tensor: Any,
        feed_dict: Any = None,
        burn_iters: int = 2,
        min_iters: int = 10,
        store_trace: bool = False,
        name: str | None = None,
    ) -> None:
        """Run an operation or a tensor `min_iters` times and report the median time of a run."""
        for _ in range(burn_iters):
            sess.run(op_or_tensor, feed_dict=feed_dict)
        times = []
        for _ in range(min_iters):
            start = time.perf_counter()
            sess.run(op_or_tensor, feed_dict=feed_dict)
            times.append((start, time.perf_counter() - start))
        durations = sorted(duration for _, duration in times)
        extras = {"full_trace_chrome_format": _chrome_trace(op_or_tensor.name, times)} if store_trace else None
        self.report_benchmark(
            iters=min_iters, wall_time=durations[len(durations) // 2], extras=extras, name=name or _calling_benchmark()
        )


def _calling_benchmark() -> str:
    """The name of the innermost benchmark method that is running."""
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_name.startswith("benchmark"):
            return frame.f_code.co_name
        frame = frame.f_back
    raise ValueError("Unable to determine the method name of the benchmark: pass `name`")


def _chrome_trace(name: str, times: list[tuple[float, float]]) -> str:
    """The runs as events that the trace viewer of Chrome shows."""
    import json

    events = [
        {"name": name, "ph": "X", "pid": 0, "tid": 0, "ts": start * 1e6, "dur": duration * 1e6}
        for start, duration in times
    ]
    return json.dumps({"traceEvents": events})


def _run_benchmarks(regex: str) -> None:
    """Run the benchmarks whose full name, `module.Class.method`, matches; "all" matches every one."""
    for kind in sorted(GLOBAL_BENCHMARK_REGISTRY, key=lambda kind: (kind.__module__, kind.__name__)):
        benchmark = kind()
        for method in dir(kind):
            full_name = f"{kind.__module__}.{kind.__name__}.{method}"
            if method.startswith("benchmark") and (regex == "all" or re.search(regex, full_name)):
                getattr(benchmark, method)()
