"""os: files, directories, descriptors and processes."""
import os
import select
import stat
import subprocess
import sys
import tempfile
import unittest


class OsTest(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp()
        self.path = os.path.join(self.directory, "f")

    def tearDown(self):
        for name in os.listdir(self.directory):
            os.unlink(os.path.join(self.directory, name))
        os.rmdir(self.directory)

    def test_descriptors(self):
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            self.assertEqual(os.write(fd, b"hello"), 5)
            self.assertEqual(os.lseek(fd, 1, os.SEEK_SET), 1)
            self.assertEqual(os.read(fd, 10), b"ello")
            self.assertEqual(os.pread(fd, 2, 0), b"he")
            self.assertFalse(os.get_inheritable(fd))
            os.ftruncate(fd, 2)
            self.assertEqual(os.fstat(fd).st_size, 2)
        finally:
            os.close(fd)
        with self.assertRaises(OSError):
            os.close(fd)

    def test_stat(self):
        with open(self.path, "w") as f:
            f.write("abc")
        os.utime(self.path, ns=(1_000_000_001, 2_000_000_002))
        st = os.stat(self.path)
        self.assertTrue(stat.S_ISREG(st.st_mode))
        self.assertEqual((st.st_size, st.st_atime_ns, st.st_mtime_ns), (3, 1_000_000_001, 2_000_000_002))
        self.assertEqual(len(st), 10)
        self.assertEqual(st[8], 2)
        self.assertAlmostEqual(st.st_mtime, 2.000000002)

    def test_missing(self):
        for function in (os.stat, os.lstat, os.unlink, os.rmdir, os.listdir, os.scandir, os.readlink, os.chdir):
            with self.subTest(function=function.__name__), self.assertRaises(FileNotFoundError) as caught:
                function(self.path)
            self.assertEqual(caught.exception.filename, self.path)

    def test_two_names_in_error(self):
        with self.assertRaises(FileNotFoundError) as caught:
            os.rename(self.path, self.path + "2")
        self.assertEqual((caught.exception.filename, caught.exception.filename2), (self.path, self.path + "2"))

    def test_scandir(self):
        open(self.path, "w").close()
        os.symlink("f", self.path + "l")
        with os.scandir(self.directory) as entries:
            found = {e.name: e for e in entries}
        self.assertEqual(set(found), {"f", "fl"})
        self.assertTrue(found["fl"].is_symlink())
        self.assertTrue(found["fl"].is_file())
        self.assertFalse(found["fl"].is_file(follow_symlinks=False))
        self.assertEqual(found["f"].path, self.path)
        self.assertEqual(found["f"].inode(), os.stat(self.path).st_ino)

    def test_bytes_paths(self):
        open(self.path, "w").close()
        self.assertEqual(os.listdir(os.fsencode(self.directory)), [b"f"])

    def test_bad_arguments(self):
        with self.assertRaisesRegex(TypeError, "stat: path should be string, bytes, os.PathLike or integer, not float"):
            os.stat(1.5)
        with self.assertRaises(ValueError):
            os.stat("a\0b")

    def test_normpath(self):
        for given, wanted in [("", "."), ("/", "/"), ("//", "//"), ("///", "/"), ("a/../b", "b"), ("/../a", "/a"),
                              ("../a/./b//c", "../a/b/c"), ("a/..", "."), ("../..", "../.."), ("a/b/../../..", "..")]:
            self.assertEqual(os.path.normpath(given), wanted)

    def test_fork_and_wait(self):
        r, w = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.write(w, b"child")
            os._exit(7)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 7)
        self.assertEqual(os.read(r, 10), b"child")
        os.close(r)
        os.close(w)

    def test_subprocess(self):
        self.assertEqual(subprocess.run(["cat"], input=b"abc", capture_output=True).stdout, b"abc")
        with self.assertRaises(FileNotFoundError):
            subprocess.run(["/nonexistent/program"])

    def test_environ(self):
        os.environ["OROCHI_TEST"] = "é"
        self.assertEqual(subprocess.run(["sh", "-c", "printf %s $OROCHI_TEST"], capture_output=True).stdout, "é".encode())
        del os.environ["OROCHI_TEST"]
        self.assertIsNone(os.getenv("OROCHI_TEST"))

    def test_select(self):
        r, w = os.pipe()
        self.assertEqual(select.select([r], [w], [], 0), ([], [w], []))
        os.write(w, b"x")
        self.assertEqual(select.select([r], [], [], 1), ([r], [], []))
        p = select.poll()
        p.register(r, select.POLLIN)
        self.assertEqual(p.poll(0), [(r, select.POLLIN)])
        with select.epoll() as e:
            e.register(r, select.EPOLLIN)
            self.assertEqual(e.poll(0), [(r, select.EPOLLIN)])
        os.close(r)
        os.close(w)


if __name__ == "__main__":
    unittest.main()
