#!/usr/bin/env python3
"""The checks of programs.py find what they are for."""
import os
import tempfile
import unittest

import programs

PROGRAM = "<!-- program: one -->\n```cpp\nint main() {}\n```\n"


class Programs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def document(self, text):
        path = os.path.join(self.folder, "document.md")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def assert_fault(self, words, action, *arguments):
        with self.assertRaises(programs.Fault) as raised:
            action(*arguments)
        self.assertIn(words, str(raised.exception))

    def test_a_program_is_extracted_with_its_line_numbers(self):
        document = self.document("# Title\n\n" + PROGRAM)
        file = os.path.join(self.folder, "one.cpp")
        programs.extract(document, "one", file)
        with open(file, encoding="utf-8") as extracted:
            self.assertEqual(extracted.read(), '#line 5 "%s"\nint main() {}\n' % document)

    def test_what_cannot_be_extracted(self):
        self.assert_fault("has no block", programs.extract, self.document(PROGRAM), "two", "unused")
        self.assert_fault("a second block", programs.extract, self.document(PROGRAM * 2), "one", "unused")
        self.assert_fault("never closed", programs.extract, self.document(PROGRAM[:-4]), "one", "unused")

    def test_every_block_of_cpp_is_a_program_that_is_built(self):
        programs.check(self.document(PROGRAM + "```text\nanything\n```\n") + "=one")
        self.assert_fault("is not in", programs.check, self.document(PROGRAM) + "=")
        self.assert_fault("has no block", programs.check, self.document("") + "=one")
        self.assert_fault("nobody compiles it", programs.check, self.document("```cpp\n```\n") + "=")
        self.assert_fault("begins with", programs.check, self.document(PROGRAM.replace("cpp", "c")) + "=one")
        self.assert_fault("right before", programs.check, self.document(PROGRAM.replace("-->\n", "-->\n\n")) + "=one")
        self.assert_fault("does not exist", programs.check, self.document("<!-- output: no -->\n```\n```\n") + "=")

    def test_a_program_prints_what_the_document_says(self):
        document = self.document(PROGRAM + "<!-- output: one -->\n```text\nhello\n```\n")
        programs.run(document, "one", "echo", "hello")
        self.assert_fault("-hello\n+bye", programs.run, document, "one", "echo", "bye")
        self.assert_fault("exited with 1", programs.run, document, "one", "false")
        self.assert_fault("+bye", programs.run, self.document(PROGRAM), "one", "echo", "bye")


if __name__ == "__main__":
    unittest.main()
