// Unit tests of the parser: shapes of trees, error texts with positions, limits. Whole dumps are in tests/golden/ast.
#include <gtest/gtest.h>

#include <string>

#include "syntax/parse.h"

namespace orochi {
namespace {

std::string dumped(std::string_view source, ParseMode mode = ParseMode::Exec, bool type_comments = false) {
  ParseOptions options;
  options.mode = mode;
  options.type_comments = type_comments;
  ParseResult result = parse(source, options);
  if (result) return dump(result.mod, {});
  const SyntaxErrorInfo& e = result.error;
  return std::string(syntax_error_kind_name(e.kind)) + ": " + e.message + " (" + std::to_string(e.lineno) + ", " +
         std::to_string(e.col) + ", " + std::to_string(e.end_lineno) + ", " + std::to_string(e.end_col) + ")";
}

std::string expression(std::string_view source) {
  std::string text = dumped(source, ParseMode::Eval);
  const std::string head = "Expression(body=";
  return text.starts_with(head) ? text.substr(head.size(), text.size() - head.size() - 1) : text;
}

TEST(Parser, Precedence) {
  EXPECT_EQ(expression("a+b*c"),
            "BinOp(left=Name(id='a', ctx=Load()), op=Add(), right=BinOp(left=Name(id='b', ctx=Load()), op=Mult(), "
            "right=Name(id='c', ctx=Load())))");
  EXPECT_EQ(expression("-a**-b"),
            "UnaryOp(op=USub(), operand=BinOp(left=Name(id='a', ctx=Load()), op=Pow(), right=UnaryOp(op=USub(), "
            "operand=Name(id='b', ctx=Load()))))");
  EXPECT_EQ(expression("a not in b is not c"),
            "Compare(left=Name(id='a', ctx=Load()), ops=[NotIn(), IsNot()], comparators=[Name(id='b', ctx=Load()), "
            "Name(id='c', ctx=Load())])");
}

TEST(Parser, Constants) {
  EXPECT_EQ(expression("1_000"), "Constant(value=1000)");
  EXPECT_EQ(expression("0xffffffffffffffffffff"), "Constant(value=1208925819614629174706175)");
  EXPECT_EQ(expression("1e400"), "Constant(value=inf)");
  EXPECT_EQ(expression("1.5e-7j"), "Constant(value=1.5e-07j)");
  EXPECT_EQ(expression("'a' \"b\""), "Constant(value='ab')");
  EXPECT_EQ(expression("u'\\u20ac\\x41'"), "Constant(value='\xe2\x82\xac" "A', kind='u')");
  EXPECT_EQ(expression("b'\\xff'"), "Constant(value=b'\\xff')");
  EXPECT_EQ(expression("'\\ud800'"), "Constant(value='\\ud800')");
  EXPECT_EQ(expression("'\\N{EURO SIGN}'"), "Constant(value='\xe2\x82\xac')");
}

TEST(Parser, FormattedStrings) {
  EXPECT_EQ(expression("f'{x = }'"),
            "JoinedStr(values=[Constant(value='x = '), FormattedValue(value=Name(id='x', ctx=Load()), "
            "conversion=114)])");
  EXPECT_EQ(expression("t'{x!r:>{w}}'"),
            "TemplateStr(values=[Interpolation(value=Name(id='x', ctx=Load()), str='x', conversion=114, "
            "format_spec=JoinedStr(values=[Constant(value='>'), FormattedValue(value=Name(id='w', ctx=Load()), "
            "conversion=-1)]))])");
}

TEST(Parser, SoftKeywordsAreNames) {
  EXPECT_EQ(dumped("match = case = type = _ = 1").substr(0, 20), "Module(body=[Assign(");
  EXPECT_EQ(dumped("match(x)\nmatch[x]\nmatch -x\n").substr(0, 18), "Module(body=[Expr(");
  EXPECT_EQ(dumped("match x:\n case _: pass\n").substr(0, 19), "Module(body=[Match(");
  EXPECT_EQ(dumped("type X[T] = list[T]\n").substr(0, 23), "Module(body=[TypeAlias(");
}

TEST(Parser, NewGrammar) {
  EXPECT_EQ(dumped("try: a\nexcept A, B: c\n"),
            "Module(body=[Try(body=[Expr(value=Name(id='a', ctx=Load()))], "
            "handlers=[ExceptHandler(type=Tuple(elts=[Name(id='A', ctx=Load()), Name(id='B', ctx=Load())], "
            "ctx=Load()), body=[Expr(value=Name(id='c', ctx=Load()))])])])");
  EXPECT_EQ(expression("a[*b]"),
            "Subscript(value=Name(id='a', ctx=Load()), slice=Tuple(elts=[Starred(value=Name(id='b', ctx=Load()), "
            "ctx=Load())], ctx=Load()), ctx=Load())");
}

TEST(Parser, ErrorTexts) {
  EXPECT_EQ(dumped("a b"), "SyntaxError: invalid syntax (1, 3, 1, 4)");
  EXPECT_EQ(dumped("(a b)"), "SyntaxError: invalid syntax. Perhaps you forgot a comma? (1, 2, 1, 5)");
  EXPECT_EQ(dumped("if x\n"), "SyntaxError: expected ':' (1, 5, 1, 6)");
  EXPECT_EQ(dumped("(a,\nb"), "SyntaxError: '(' was never closed (1, 1, 1, 0)");
  EXPECT_EQ(dumped("f() = 1"),
            "SyntaxError: cannot assign to function call here. Maybe you meant '==' instead of '='? (1, 1, 1, 4)");
  EXPECT_EQ(dumped("print x"), "SyntaxError: Missing parentheses in call to 'print'. Did you mean print(...)? (1, 1, 1, 8)");
  EXPECT_EQ(dumped("if x:\npass"),
            "IndentationError: expected an indented block after 'if' statement on line 1 (2, 1, 2, 5)");
  EXPECT_EQ(dumped("f'{}'"), "SyntaxError: f-string: valid expression required before '}' (1, 4, 1, 5)");
  EXPECT_EQ(dumped("f(a=1, b)"), "SyntaxError: positional argument follows keyword argument (1, 9, 1, 10)");
  EXPECT_EQ(dumped("x = 1 if y"), "SyntaxError: expected 'else' after 'if' expression (1, 5, 1, 11)");
  EXPECT_EQ(dumped(std::string_view("a\0b", 3)), "SyntaxError: source code string cannot contain null bytes (0, -1, -1, -1)");
}

TEST(Parser, ColumnsCountCharacters) {
  EXPECT_EQ(dumped("'\xc3\xa9' x"), "SyntaxError: invalid syntax (1, 5, 1, 6)");
  EXPECT_EQ(dumped("# coding: latin-1\n'\xe9' x"), "SyntaxError: invalid syntax (2, 5, 2, 6)");
}

TEST(Parser, IncompleteInput) {
  ParseOptions options;
  options.mode = ParseMode::Single;
  options.allow_incomplete_input = true;
  options.dont_imply_dedent = true;
  EXPECT_EQ(parse("if x:\n", options).error.kind, SyntaxErrorKind::IncompleteInput);
  EXPECT_EQ(parse("x = (1,\n", options).error.kind, SyntaxErrorKind::IncompleteInput);
  EXPECT_EQ(parse("'''a\n", options).error.kind, SyntaxErrorKind::IncompleteInput);
  EXPECT_EQ(parse("a b\n", options).error.kind, SyntaxErrorKind::SyntaxError);
  EXPECT_TRUE(parse("if x:\n  y\n", options));
}

TEST(Parser, DeepNestingIsAnError) {
  std::string minus(100000, '-');
  EXPECT_EQ(dumped(minus + "1"), "MemoryError: Parser stack overflowed - Python source too complex to parse (0, -1, -1, -1)");
  std::string nots;
  for (int i = 0; i < 100000; ++i) nots += "not ";
  EXPECT_EQ(dumped(nots + "1").substr(0, 11), "MemoryError");
  std::string elifs = "if a: b\n";
  for (int i = 0; i < 20000; ++i) elifs += "elif a: b\n";
  ParseResult result = parse(elifs, {});
  EXPECT_TRUE(result);
}

TEST(Parser, NestedMistakesStayLinear) {
  std::string source;
  for (int i = 0; i < 90; ++i) source += "f(a=[";
  for (int i = 0; i < 90; ++i) source += "])";
  EXPECT_EQ(dumped(source + " $").substr(0, 27), "SyntaxError: invalid syntax");
}

TEST(Parser, EscapeWarnings) {
  ParseResult result = parse("x = '\\d'\n", {});
  ASSERT_EQ(result.warnings.size(), 1u);
  EXPECT_EQ(result.warnings[0].message,
            "\"\\d\" is an invalid escape sequence. Such sequences will not work in the future. Did you mean "
            "\"\\\\d\"? A raw string is also an option.");
}

}  // namespace
}  // namespace orochi
