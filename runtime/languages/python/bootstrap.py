# SPDX-License-Identifier: Apache-2.0
"""Runs the handler of a Python function: an HTTP server for the instance's init.

Imports as little as it can: every module here is part of every cold start.
"""
import sys
import _socket
import _thread
import posix

_environ = {k.decode(): v.decode("utf-8", "surrogateescape")
            for k, v in posix.environ.items()}
_code_path = "/code"
_py312 = _environ.get("FC_RUNTIME") == "python3.12"
_concurrency = int(_environ.get("FC_INSTANCE_CONCURRENCY", "1"))


def _now():
    import time
    seconds = time.time()
    whole = time.gmtime(seconds)
    return "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ" % (
        *whole[:6], int(seconds * 1000) % 1000)


def _print(line):
    data = (line + "\n").encode("utf-8", "replace")
    sys.stdout.flush()
    while data:
        data = data[posix.write(1, data):]


class _Members:
    def __init__(self, **members):
        self.__dict__.update(members)

    def to_dict(self):
        return {k: v.to_dict() if isinstance(v, _Members) else v
                for k, v in self.__dict__.items()}


class _Logger:
    """The logger of a context: `<time> <request id> [level] text`."""

    def __init__(self, request_id):
        self._request_id = request_id

    def _log(self, level, message, args):
        text = str(message) % args if args else str(message)
        _print("%s %s [%s] %s" % (_now(), self._request_id, level, text))

    def debug(self, message, *args):
        self._log("debug", message, args)

    def info(self, message, *args):
        self._log("info", message, args)

    def warning(self, message, *args):
        self._log("warn", message, args)

    warn = warning

    def error(self, message, *args):
        self._log("error", message, args)

    def critical(self, message, *args):
        self._log("error", message, args)

    log = info


class Context:
    """What a handler gets beside its event."""

    def __init__(self, headers):
        get = headers.get
        function = dict(
            name=get("x-fc-function-name", ""),
            handler=get("x-fc-function-handler", ""),
            memory=int(get("x-fc-function-memory", "0")),
            timeout=int(get("x-fc-function-timeout", "0")))
        self.request_id = get("x-fc-request-id", "")
        self.region = get("x-fc-region", "")
        self.account_id = get("x-fc-account-id", "")
        qualifier = get("x-fc-qualifier", "")
        version = get("x-fc-version-id", "")
        if _py312:
            self.function = _Members(
                **function, version_id=version, qualifier=qualifier)
            self.log_project = ""
            self.log_store = ""
        else:
            self.function = _Members(**function)
            self.credentials = _Members(
                access_key_id=get("x-fc-access-key-id", ""),
                access_key_secret=get("x-fc-access-key-secret", ""),
                security_token=get("x-fc-security-token", ""))
            self.service = _Members(
                log_project="", log_store="", qualifier=qualifier,
                version_id=version)
            self.tracing = _Members(
                span_context="", jaeger_endpoint="", span_baggages={})
        self._logger = _Logger(self.request_id)

    def getLogger(self):
        return self._logger

    def to_dict(self):
        return {k: v.to_dict() if isinstance(v, _Members) else v
                for k, v in self.__dict__.items() if not k.startswith("_")}

    def to_json(self):
        import json
        return json.dumps(self.to_dict())


class _Load:
    """A handler `file.function`, found once; a failure is kept and told."""

    def __init__(self, name):
        self.function = None
        self.failure = None
        if not name:
            return
        try:
            self.function = self._find(name)
        except BaseException as error:  # SystemExit of a module included
            self.failure = error

    @staticmethod
    def _find(name):
        module_name, dot, attribute = name.rpartition(".")
        if not dot or not module_name or not attribute:
            raise ValueError("Invalid handler '%s'" % name)
        module = __import__(module_name.replace("/", "."),
                            fromlist=[attribute])
        try:
            return getattr(module, attribute)
        except AttributeError:
            raise AttributeError(
                "Missing handler '%s' in module '%s'"
                % (attribute, module_name)) from None


def _describe(error):
    """The body that a caller gets for an exception."""
    import json
    import traceback
    stack = []
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename == __file__ or frame.filename.startswith("<frozen"):
            continue
        stack.append(['File "%s"' % frame.filename, "line %s" % frame.lineno,
                      "in %s" % frame.name, frame.line or ""])
    if isinstance(error, SyntaxError) and error.filename:
        stack.append(['File "%s"' % error.filename, "line %s" % error.lineno,
                      (error.text or "").strip()])
    return json.dumps({"errorMessage": str(error),
                       "errorType": type(error).__name__,
                       "stackTrace": stack}).encode()


def _encode(value):
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape")
    import json
    return json.dumps(value).encode()


def _exit(error):
    """Ends the process as the function asked to."""
    code = error.code
    if code is None:
        code = 0
    elif not isinstance(code, int):
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    posix._exit(code & 0xff)


def _run(phase, load, arguments, request_id):
    """Calls a handler; returns (failed, body)."""
    _print("FC %s Start RequestId: %s" % (phase, request_id))
    ending = ""
    try:
        if load.failure is not None:
            raise load.failure
        return False, _encode(load.function(*arguments))
    except SystemExit as error:
        _exit(error)
    except BaseException as error:
        ending = ", Error: Unhandled function error"
        body = _describe(error)
        _print("%s %s [error] %s" % (_now(), request_id,
                                     body.decode("utf-8", "replace")))
        return True, body
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        _print("FC %s End RequestId: %s%s" % (phase, request_id, ending))


def _answer(path, headers, body, handler, initializer):
    context = Context(headers)
    if path == "/initialize":
        return _run("Initialize", initializer, (context,), context.request_id)
    return _run("Invoke", handler, (body, context), context.request_id)


def _serve(connection, handler, initializer):
    """Answers the requests of one connection, one after the other."""
    buffered = b""
    while True:
        while b"\r\n\r\n" not in buffered:
            data = connection.recv(65536)
            if not data:
                return
            buffered += data
        head, _, rest = buffered.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        path = lines[0].split(" ")[1]
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        length = int(headers.get("content-length", "0"))
        pieces = [rest]
        missing = length - len(rest)
        while missing > 0:
            data = connection.recv(min(missing, 1 << 20))
            if not data:
                return
            pieces.append(data)
            missing -= len(data)
        body = b"".join(pieces)
        buffered = body[length:]
        failed, result = _answer(path, headers, body[:length], handler,
                                 initializer)
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nx-fc-status: %d\r\nContent-Length: %d\r\n\r\n"
            % (404 if failed else 200, len(result)) + result)


def main():
    sys.path.insert(0, _code_path)
    sys.path.insert(1, _code_path + "/python")
    sys.path.extend(p for p in _environ.get("PYTHONPATH", "").split(":") if p)
    sys.argv = [_environ.get("FC_FUNCTION_HANDLER", "")]
    handler = _Load(_environ.get("FC_FUNCTION_HANDLER", ""))
    initializer = _Load(_environ.get("FC_INITIALIZER_HANDLER", ""))
    if handler.function is None and handler.failure is None:
        handler.failure = ValueError("the function has no handler")
    server = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
    server.setsockopt(_socket.SOL_SOCKET, _socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", int(_environ.get("FC_SERVER_PORT", "9000"))))
    server.listen(256)

    def serve_and_close(connection):
        try:
            _serve(connection, handler, initializer)
        except OSError:
            pass  # init has closed the connection
        finally:
            connection.close()

    while True:
        descriptor, _ = server._accept()
        connection = _socket.socket(fileno=descriptor)
        connection.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
        if _concurrency > 1:
            _thread.start_new_thread(serve_and_close, (connection,))
        else:
            serve_and_close(connection)


main()
