"""Runs one module of CPython's test suite in this process and writes what becomes of each test, line by line.

    run_module.py MODULE RESULTS [--only FILE] [--skip FILE] [--foreign yes]

A line of RESULTS is "OUTCOME<tab>ID<tab>detail" and is written the moment it is known, with one system call; "start" goes
before each test, so that a crash or a hang leaves the name of its test. The last line is "end". A driver that sees no
"end" runs the rest again with the ids already seen in --skip. --only keeps to the ids listed. --foreign pretends to be another implementation than CPython,
without the modules that test its C API: what CPython's own suite then leaves out is what it takes for a detail of CPython.
"""

import os
import sys


CAPI_MODULES = (
    "_testcapi _testinternalcapi _testlimitedcapi _testbuffer _testclinic _testclinic_limited _testmultiphase "
    "_testsinglephase _testexternalinspection _testimportmultiple _xxtestfuzz _ctypes_test xxlimited xxlimited_35 xxsubtype"
).split()


# What test modules import at their top from those modules, although few of their tests need it. While a module loads, it
# finds stand-ins whose functions skip the test that calls them.
STAND_INS = {
    "": {"_testmultiphase": []},  # test.test_importlib.util, for many
    "test_bytes": {"_testlimitedcapi": ["sequence_getitem", "sequence_setitem", "sequence_delitem"]},
    "test_class": {"_testinternalcapi": ["has_inline_values"]},
}


def stand_in(name, functions):
    import types
    import unittest

    def skip(*arguments):
        raise unittest.SkipTest("needs " + name)

    module = types.ModuleType(name)
    for function in functions:
        setattr(module, function, skip)
    return module


def read_ids(path):
    with open(path, encoding="utf-8") as file:
        return set(file.read().split())


def clean(text):
    """An id on one line without blanks, in ASCII."""
    text = "_".join(str(text).split())
    return text.encode("ascii", "backslashreplace").decode("ascii")


def main(arguments):
    module, results_path = arguments[0], arguments[1]
    only, skip = None, set()
    for position in range(2, len(arguments), 2):
        if arguments[position] == "--only":
            only = read_ids(arguments[position + 1])
        elif arguments[position] == "--skip":
            skip = read_ids(arguments[position + 1])
        elif arguments[position] == "--foreign":
            sys.implementation.name = "foreign"
            for name in CAPI_MODULES:
                sys.modules[name] = None

    results = os.open(results_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    own_pid = os.getpid()

    def write(outcome, name, detail=""):
        if os.getpid() == own_pid:  # a forked child that comes back here must not speak for its parent
            os.write(results, (outcome + "\t" + clean(name) + "\t" + clean(detail)[:300] + "\n").encode("ascii"))

    import unittest
    from test import support

    support.verbose = 0
    support.use_resources = {}
    if hasattr(support, "record_original_stdout"):
        support.record_original_stdout(sys.stdout)
    # the folder of this program is no place to import tests from
    if sys.path and sys.path[0] == os.path.dirname(os.path.abspath(__file__)):
        del sys.path[0]

    try:  # a job in the background inherits an ignored SIGINT; tests expect Python's own handler
        import signal

        if signal.getsignal(signal.SIGINT) in (signal.SIG_IGN, signal.SIG_DFL):
            signal.signal(signal.SIGINT, signal.default_int_handler)
    except ImportError:
        pass

    class Results(unittest.TestResult):
        """Writes outcomes as they come; a test with several bad outcomes (sub-tests, clean-up) is written once."""

        def __init__(self):
            super().__init__()
            self.bad = False
            self.said = False

        def startTest(self, test):
            super().startTest(test)
            self.bad = self.said = False
            write("start", test.id())

        def say(self, outcome, test, detail=""):
            if not self.said:
                self.said = True
                write(outcome, test.id(), detail)

        def complain(self, test, error):
            self.bad = True
            try:
                sys.stderr.write("\n=== " + test.id() + "\n" + self._exc_info_to_string(error, test) + "\n")
                sys.stderr.flush()
            except Exception:
                pass
            try:
                return error[0].__name__ + ": " + str(error[1])
            except Exception:
                return ""

        def addSuccess(self, test):
            if not self.bad:
                self.say("pass", test)

        def addError(self, test, error):
            detail = self.complain(test, error)
            if not hasattr(test, "_testMethodName") and not hasattr(test, "_dt_test"):
                write("error", test.id(), detail)  # setUpClass, setUpModule: not a test
            else:
                self.say("error", test, detail)

        def addFailure(self, test, error):
            self.say("fail", test, self.complain(test, error))

        def addSubTest(self, test, subtest, error):
            if error is not None:
                detail = self.complain(subtest, error)
                self.say("fail", test, detail)

        def addSkip(self, test, reason):
            if not hasattr(test, "_testMethodName") and not hasattr(test, "_dt_test"):
                # a skipped sub-test says nothing about its test; a whole class or module is worth a line
                if not hasattr(test, "test_case"):
                    write("skip", test.id(), reason)
            elif not hasattr(test, "test_case") and not self.bad:
                self.say("skip", test, reason)

        def addExpectedFailure(self, test, error):
            self.say("xfail", test)

        def addUnexpectedSuccess(self, test):
            self.bad = True
            self.say("fail", test, "unexpected success")

        def stopTest(self, test):
            if not self.said:
                self.say("fail" if self.bad else "skip", test, "" if self.bad else "only sub-tests skipped")
            super().stopTest(test)

    loader = unittest.TestLoader()
    missing = {}
    if sys.implementation.name != "cpython":
        missing = dict(STAND_INS[""], **STAND_INS.get(module, {}))
        for name, functions in missing.items():
            sys.modules[name] = stand_in(name, functions)
    try:
        __import__("test." + module)
        suite = loader.loadTestsFromModule(sys.modules["test." + module])
    except unittest.SkipTest as reason:
        write("skip", "test." + module, reason)
        write("end", module)
        return
    except BaseException as error:
        import traceback

        traceback.print_exc()
        write("error", "test." + module + ".(import)", type(error).__name__ + ": " + str(error))
        write("end", module)
        return

    for name in missing:
        sys.modules[name] = None

    def flatten(item, into):
        if isinstance(item, unittest.TestSuite):
            for one in item:
                flatten(one, into)
        elif item is not None:
            name = clean(item.id())
            if name not in skip and (only is None or name in only):
                into.append(item)

    chosen = []
    flatten(suite, chosen)
    del suite
    outcome = Results()
    unittest.TestSuite(chosen).run(outcome)
    write("end", module)


if __name__ == "__main__":
    main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # threads and processes that a test left behind do not keep the module alive
