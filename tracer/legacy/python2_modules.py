"""Where the modules that only Python 2 had live now."""

from __future__ import annotations

RENAMED: dict[str, str] = {
    "BaseHTTPServer": "http.server",
    "CGIHTTPServer": "http.server",
    "ConfigParser": "configparser",
    "Cookie": "http.cookies",
    "HTMLParser": "html.parser",
    "Queue": "queue",
    "SimpleHTTPServer": "http.server",
    "SocketServer": "socketserver",
    "StringIO": "tracer.legacy.python2_files",
    "Tkinter": "tkinter",
    "UserDict": "collections",
    "__builtin__": "builtins",
    "anydbm": "dbm",
    "cPickle": "tracer.legacy.python2_pickle",
    "cStringIO": "tracer.legacy.python2_files",
    "commands": "subprocess",
    "cookielib": "http.cookiejar",
    "copy_reg": "copyreg",
    "dummy_thread": "_thread",
    "exceptions": "builtins",
    "htmlentitydefs": "html.entities",
    "httplib": "http.client",
    "repr": "reprlib",
    "robotparser": "urllib.robotparser",
    "thread": "_thread",
    "tkFileDialog": "tkinter.filedialog",
    "tkMessageBox": "tkinter.messagebox",
    "ttk": "tkinter.ttk",
    "urllib": "urllib.request urllib.parse urllib.error urllib",
    "urllib2": "urllib.request urllib.error urllib.parse",
    "urlparse": "urllib.parse",
    "xmlrpclib": "xmlrpc.client",
}
"""Python 2's name: the modules, in order, in which its names are found."""
