"""The messages about what an export takes and gives."""

from __future__ import annotations

from typing import Any

_MESSAGES = ("AssetFile", "ClassificationSignature", "GenericSignature", "RegressionSignature", "Signature", "Signatures",
             "TensorBinding")


def __getattr__(name: str) -> Any:
    from tracer import protodefs, protos

    if name == "DESCRIPTOR":
        return protodefs.load("manifest")
    if name in _MESSAGES:
        return getattr(protos, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return ["DESCRIPTOR", *_MESSAGES]
