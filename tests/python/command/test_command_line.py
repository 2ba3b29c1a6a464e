"""The command line: what runs, what goes to which stream, and exit statuses."""

import os
import subprocess
import sys
import tempfile
import unittest
import zipfile


def run(*arguments, input="", **environment):
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    env.update(environment)
    return subprocess.run([sys.executable, *arguments], input=input, capture_output=True, text=True, env=env)


class CommandLine(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def write(self, name, text):
        path = os.path.join(self.folder.name, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def test_command(self):
        result = run("-c", "import sys; print(sys.argv)", "a", "-b")
        self.assertEqual(result.stdout, "['-c', 'a', '-b']\n")

    def test_script(self):
        path = self.write("main.py", "import sys\nprint(__name__, sys.argv[1:], sys.path[0])\n")
        self.assertEqual(run(path, "x").stdout, f"__main__ ['x'] {self.folder.name}\n")

    def test_standard_input(self):
        self.assertEqual(run("-", "a", input="import sys; print(sys.argv)").stdout, "['-', 'a']\n")

    def test_module(self):
        self.write("package/__init__.py", "")
        self.write("package/__main__.py", "print(__name__, __package__)\n")
        result = run("-m", "package", PYTHONPATH=self.folder.name)
        self.assertEqual(result.stdout, "__main__ package\n")

    def test_folder(self):
        self.write("app/__main__.py", "import helper\nprint(helper.VALUE)\n")
        self.write("app/helper.py", "VALUE = 42\n")
        self.assertEqual(run(os.path.join(self.folder.name, "app")).stdout, "42\n")

    def test_zip(self):
        path = os.path.join(self.folder.name, "app.zip")
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("__main__.py", "print('from a zip')\n")
        self.assertEqual(run(path).stdout, "from a zip\n")

    def test_missing_script(self):
        result = run("/nonexistent/script.py")
        self.assertEqual(result.returncode, 2)
        self.assertTrue(result.stderr.endswith("can't open file '/nonexistent/script.py': [Errno 2] No such file or directory\n"))

    def test_bad_option(self):
        result = run("--no-such-option")
        self.assertEqual(result.returncode, 2)
        self.assertEqual(result.stderr.splitlines()[0], "Unknown option: --no-such-option")

    def test_missing_argument(self):
        result = run("-c")
        self.assertEqual(result.returncode, 2)
        self.assertEqual(result.stderr.splitlines()[0], "Argument expected for the -c option")

    def test_exit_status(self):
        self.assertEqual(run("-c", "raise SystemExit(7)").returncode, 7)
        self.assertEqual(run("-c", "raise SystemExit").returncode, 0)
        result = run("-c", "raise SystemExit('message')")
        self.assertEqual((result.returncode, result.stderr), (1, "message\n"))
        self.assertEqual(run("-c", "1 / 0").returncode, 1)

    def test_syntax_error(self):
        result = run("-c", "a = (1,\nb = 2")
        self.assertEqual(result.returncode, 1)
        self.assertTrue(result.stderr.endswith("SyntaxError: '(' was never closed\n"), result.stderr)

    def test_closed_output(self):
        code = "import sys\nfor i in range(100000): print(i)"
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdout.readline()
        process.stdout.close()
        error = process.stderr.read().decode()
        process.stderr.close()
        self.assertEqual(process.wait(), 1)
        self.assertIn("BrokenPipeError: [Errno 32] Broken pipe", error)

    def test_isolated(self):
        self.write("shadow.py", "print('imported')\n")
        result = run("-I", "-c", "import shadow", PYTHONPATH=self.folder.name)
        self.assertIn("ModuleNotFoundError: No module named 'shadow'", result.stderr)

    def test_optimize(self):
        self.assertEqual(run("-O", "-c", "assert False\nprint(__debug__)").stdout, "False\n")

    def test_warnings(self):
        result = run("-W", "error", "-c", "import warnings; warnings.warn('now')")
        self.assertEqual(result.returncode, 1)
        self.assertTrue(result.stderr.endswith("UserWarning: now\n"))

    def test_x_options(self):
        self.assertEqual(run("-X", "a=b", "-X", "c", "-c", "import sys; print(sys._xoptions)").stdout, "{'a': 'b', 'c': True}\n")

    def test_no_bytecode(self):
        self.write("mod.py", "x = 1\n")
        run("-B", "-c", "import mod", PYTHONPATH=self.folder.name)
        self.assertFalse(os.path.exists(os.path.join(self.folder.name, "__pycache__")))
        run("-c", "import mod", PYTHONPATH=self.folder.name)
        files = os.listdir(os.path.join(self.folder.name, "__pycache__"))
        self.assertEqual(files, [f"mod.{sys.implementation.cache_tag}.pyc"])

    def test_version(self):
        result = run("--version")
        self.assertTrue(result.stdout.startswith("Python 3.14"), result.stdout)
        self.assertEqual(result.returncode, 0)

    def test_interactive_input(self):
        result = run("-i", "-c", "x = 20", input="x + 1\nif x:\n    print('yes')\n\n1 / 0\nx * 2\n")
        self.assertIn("21", result.stdout)
        self.assertIn("yes", result.stdout)
        self.assertIn("ZeroDivisionError: division by zero", result.stderr)
        self.assertIn("40", result.stdout)


if __name__ == "__main__":
    unittest.main()
