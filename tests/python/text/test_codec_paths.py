"""Encodings: fast paths, the registry, error handlers, exceptions."""
import codecs
import unittest


class FastPaths(unittest.TestCase):
    def test_round_trips(self):
        text = 'aé\u3042\U0001f600'
        for encoding in ('utf-8', 'utf-16', 'utf-16-le', 'utf-16-be', 'utf-32', 'utf_8', 'UTF8', 'utf-7', 'unicode_escape',
                         'raw_unicode_escape', 'utf-8-sig'):
            self.assertEqual(text.encode(encoding).decode(encoding), text, encoding)
        self.assertEqual('é'.encode('latin-1'), b'\xe9')
        self.assertEqual('é'.encode('cp1252'), b'\xe9')
        self.assertEqual(b'\xc4\xe3'.decode('cp1251'), '\u0414\u0433')

    def test_exceptions(self):
        with self.assertRaises(UnicodeDecodeError) as caught:
            b'ab\xe3\x81'.decode()
        e = caught.exception
        self.assertEqual((e.encoding, e.object, e.start, e.end, e.reason),
                         ('utf-8', b'ab\xe3\x81', 2, 4, 'unexpected end of data'))
        with self.assertRaises(UnicodeEncodeError) as caught:
            'a\u3042'.encode('ascii')
        self.assertEqual(str(caught.exception),
                         "'ascii' codec can't encode character '\\u3042' in position 1: ordinal not in range(128)")

    def test_handlers(self):
        s = 'a\u3042\udc80'
        self.assertEqual(s.encode('ascii', 'ignore'), b'a')
        self.assertEqual(s.encode('ascii', 'replace'), b'a??')
        self.assertEqual(s.encode('ascii', 'backslashreplace'), b'a\\u3042\\udc80')
        self.assertEqual(s.encode('ascii', 'xmlcharrefreplace'), b'a&#12354;&#56448;')
        self.assertEqual(s.encode('utf-8', 'surrogateescape'), b'a\xe3\x81\x82\x80')
        self.assertEqual(s.encode('utf-8', 'surrogatepass'), b'a\xe3\x81\x82\xed\xb2\x80')
        self.assertEqual(b'a\xff'.decode('utf-8', 'surrogateescape'), 'a\udcff')
        self.assertEqual('\u3042'.encode('ascii', 'namereplace'), b'\\N{HIRAGANA LETTER A}')

    def test_unknown_handler_only_when_needed(self):
        self.assertEqual('a'.encode('ascii', 'no-such-handler'), b'a')
        with self.assertRaisesRegex(LookupError, "unknown error handler name 'no-such-handler'"):
            '\u3042'.encode('ascii', 'no-such-handler')


class Registry(unittest.TestCase):
    def test_callback(self):
        def handler(e):
            return ('[%s:%d-%d]' % (type(e).__name__, e.start, e.end), e.end)
        codecs.register_error('text.bracket', handler)
        self.assertEqual('a\u3042\u3044b'.encode('ascii', 'text.bracket'), b'a[UnicodeEncodeError:1-3]b')
        self.assertEqual(b'a\xffb'.decode('ascii', 'text.bracket'), 'a[UnicodeDecodeError:1-2]b')
        codecs.register_error('text.bad', lambda e: 1)
        with self.assertRaisesRegex(TypeError, r'encoding error handler must return \(str/bytes, int\) tuple'):
            '\u3042'.encode('ascii', 'text.bad')
        codecs.register_error('text.far', lambda e: ('', 99))
        with self.assertRaisesRegex(IndexError, 'position 99 from error handler out of bounds'):
            '\u3042'.encode('ascii', 'text.far')

    def test_search_function(self):
        def search(name):
            if name == 'text_reverse':
                return codecs.CodecInfo(lambda s, e='strict': (s[::-1].encode(), len(s)),
                                        lambda b, e='strict': (bytes(b).decode()[::-1], len(b)), name=name)
        codecs.register(search)
        self.addCleanup(codecs.unregister, search)
        self.assertEqual('abc'.encode('Text Reverse'), b'cba')
        self.assertEqual(b'cba'.decode('text-reverse'), 'abc')

    def test_not_text(self):
        self.assertEqual(codecs.encode('abc', 'rot13'), 'nop')
        with self.assertRaisesRegex(LookupError, "'rot13' is not a text encoding; use codecs.encode"):
            'abc'.encode('rot13')

    def test_incremental(self):
        decoder = codecs.getincrementaldecoder('utf-8')()
        self.assertEqual([decoder.decode(bytes([b])) for b in 'é\u3042'.encode()], ['', 'é', '', '', '\u3042'])

    def test_charmap(self):
        table = ''.join(map(chr, range(255))) + '\u20ac'
        mapping = codecs.charmap_build(table)
        self.assertEqual(codecs.charmap_encode('a\u20ac', 'strict', mapping), (b'a\xff', 2))
        self.assertEqual(codecs.charmap_decode(b'a\xff', 'strict', table), ('a\u20ac', 2))
        self.assertEqual(codecs.charmap_encode('ab', 'strict', {97: 1, 98: b'xy'}), (b'\1xy', 2))
        with self.assertRaisesRegex(UnicodeDecodeError, 'character maps to <undefined>'):
            codecs.charmap_decode(b'a', 'strict', {})


class UnicodeData(unittest.TestCase):
    def test_questions(self):
        import unicodedata as u
        self.assertEqual(u.name('é'), 'LATIN SMALL LETTER E WITH ACUTE')
        self.assertEqual(u.lookup('KEYCAP DIGIT ONE'), '1\ufe0f\u20e3')
        self.assertEqual(u.normalize('NFD', 'é'), 'e\u0301')
        self.assertEqual((u.category('a'), u.decimal('3'), u.numeric('½'), u.combining('\u0301')), ('Ll', 3, 0.5, 230))
        self.assertEqual(u.decomposition('\ufb01'), '<compat> 0066 0069')
        self.assertEqual((u.ucd_3_2_0.category('\U0001f600'), u.category('\U0001f600')), ('Cn', 'So'))


if __name__ == '__main__':
    unittest.main()
