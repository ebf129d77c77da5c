"""A page in headless Chromium, moved by its DevTools protocol over two pipes."""

import base64
import contextlib
import json
import os
import pathlib
import select
import shutil
import subprocess
import sys
import time

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")

_START = """
import fcntl, os, sys
ends = [fcntl.fcntl(int(end), fcntl.F_DUPFD, 10) for end in sys.argv[1:3]]
for end, wanted in zip(ends, (3, 4)):  # Chromium reads from 3 and writes to 4
    os.dup2(end, wanted)
os.execv(sys.argv[3], sys.argv[3:])
"""


def find():
    """The browser's program, or None."""
    named = os.environ.get("TRACER_CHROMIUM")
    return named or next((path for name in NAMES if (path := shutil.which(name))), None)


class Page:
    """The one page of a browser."""

    def __init__(self, program, folder, width=1500, height=950):
        read, self._out = os.pipe()
        self._in, write = os.pipe()

        self.process = subprocess.Popen(
            [sys.executable, "-S", "-c", _START, str(read), str(write), program, "--headless=new", "--no-sandbox",
             "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--remote-debugging-pipe",
             f"--user-data-dir={folder}", f"--window-size={width},{height}", "about:blank"],
            pass_fds=(read, write), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for end in (read, write):
            os.close(end)
        self._waiting, self._count, self._session = b"", 0, None
        self.problems = []
        targets = self._ask("Target.getTargets")["targetInfos"]
        target = next(t for t in targets if t["type"] == "page")["targetId"]
        self._session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self._ask(f"{domain}.enable")
        self._ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def _ask(self, method, **params):
        self._count += 1
        message = {"id": self._count, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            found = self._next()
            if found.get("id") == self._count:
                if "error" in found:
                    raise RuntimeError(f"{method}: {found['error']}")
                return found["result"]
            if found.get("method") == "Runtime.exceptionThrown":
                self.problems.append(found["params"]["exceptionDetails"])
            if found.get("method") == "Log.entryAdded" and found["params"]["entry"]["level"] == "error":
                self.problems.append(found["params"]["entry"])

    def _next(self, timeout=60):
        until = time.monotonic() + timeout
        while b"\0" not in self._waiting:
            ready, _, _ = select.select([self._in], [], [], max(0, until - time.monotonic()))
            data = os.read(self._in, 1 << 20) if ready else b""
            if not data:
                raise RuntimeError("the browser says nothing")
            self._waiting += data
        message, _, self._waiting = self._waiting.partition(b"\0")
        return json.loads(message)

    def open(self, path, place=""):
        """Shows a file, or a `place` in it."""
        self._ask("Page.navigate", url=pathlib.Path(path).resolve().as_uri() + (f"#{place}" if place else ""))
        self.wait("document.readyState === 'complete'")

    def run(self, script):
        """What a JavaScript expression gives."""
        found = self._ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in found:
            raise RuntimeError(found["exceptionDetails"].get("exception", {}).get("description", found))
        return found["result"].get("value")

    def wait(self, condition, timeout=20):
        """Waits until a JavaScript expression holds."""
        until = time.monotonic() + timeout
        while not self.run(condition):
            assert time.monotonic() < until, f"never: {condition}"
            time.sleep(0.02)

    def click(self, selector, x=0.5, y=0.5):
        """Clicks into what a CSS selector finds, as a mouse does: by default in its middle."""
        at = self.run(f"(() => {{ const r = document.querySelector({json.dumps(selector)}).getBoundingClientRect();"
                      f" return [r.x + r.width * {x}, r.y + r.height * {y}]; }})()")
        for kind in ("mousePressed", "mouseReleased"):
            self._ask("Input.dispatchMouseEvent", type=kind, x=at[0], y=at[1], button="left", clickCount=1)

    def wheel(self, x, y, delta):
        """Turns the wheel over a point."""
        self._ask("Input.dispatchMouseEvent", type="mouseWheel", x=x, y=y, deltaX=0, deltaY=delta)

    def drag(self, start, end):
        """Drags from a point to another."""
        self._ask("Input.dispatchMouseEvent", type="mousePressed", x=start[0], y=start[1], button="left", clickCount=1)
        self._ask("Input.dispatchMouseEvent", type="mouseMoved", x=end[0], y=end[1], button="left", buttons=1)
        self._ask("Input.dispatchMouseEvent", type="mouseReleased", x=end[0], y=end[1], button="left", clickCount=1)

    def type(self, text):
        """Types text where the focus is."""
        self._ask("Input.insertText", text=text)

    def press(self, key):
        """Presses a key by its name."""
        for kind in ("keyDown", "keyUp"):
            self._ask("Input.dispatchKeyEvent", type=kind, key=key, code=key,
                      windowsVirtualKeyCode={"Enter": 13, "Escape": 27}.get(key, 0), text="\r" if key == "Enter" else "")

    def dark(self, dark=True):
        """Has the system prefer dark colours, or light ones."""
        self._ask("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def screenshot(self, path):
        """Writes what is seen as a PNG."""
        pathlib.Path(path).write_bytes(base64.b64decode(self._ask("Page.captureScreenshot", format="png")["data"]))

    def close(self):
        """Ends the browser."""
        with contextlib.suppress(OSError, RuntimeError):
            self._session = None
            self._ask("Browser.close")
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for end in (self._in, self._out):
            os.close(end)
