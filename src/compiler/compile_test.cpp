// The compiler end to end: source in, blob or error out. Every blob must pass the verifier.
#include "compiler/compile.h"

#include <gtest/gtest.h>

#include "bytecode/disassembler.h"
#include "bytecode/verifier.h"

namespace orochi {
namespace {

CompileResult compile_text(std::string_view source, CompileOptions options = {}, ParseMode mode = ParseMode::Exec) {
  ParseOptions parse_options;
  parse_options.mode = mode;
  ParseResult tree = parse(source, parse_options);
  EXPECT_TRUE(tree) << tree.error.message;
  if (!tree) return {};
  CompileResult result = compile(tree.mod, options);
  if (result) {
    EXPECT_EQ(verify(*result.blob), "");
  }
  return result;
}

std::string error_of(std::string_view source) { return compile_text(source).error.message; }

const CodeBlob* child(const CodeBlob& blob, std::string_view name) {
  for (const Const& c : blob.consts) {
    if (c.kind == ConstKind::Code && c.code->name == name) return c.code.get();
  }
  return nullptr;
}

int count_op(const CodeBlob& blob, Op op) {
  int n = 0;
  for (size_t at = 0; at < blob.code.size();) {
    Instruction in(blob.code[at]);
    n += in.op() == op;
    at += size_t(op_info(in.op()).words());
  }
  return n;
}

TEST(Compile, AddingLocalsIsOneInstruction) {
  auto result = compile_text("def f(a, b):\n  c = a + b\n  return c\n");
  ASSERT_TRUE(result);
  const CodeBlob* f = child(*result.blob, "f");
  ASSERT_NE(f, nullptr);
  EXPECT_EQ(f->code.size(), 3u) << disassemble(*f);  // Resume, Add, Return
  EXPECT_EQ(f->nregs, 3u);
}

TEST(Compile, ChecksOnlyLocalsThatMayBeUnbound) {
  auto result = compile_text("def f(a):\n  if a:\n    x = 1\n  print(x)\n  print(x)\n  del x\n");
  ASSERT_TRUE(result);
  const CodeBlob* f = child(*result.blob, "f");
  EXPECT_EQ(count_op(*f, Op::CheckLocal), 1);
  EXPECT_EQ(count_op(*f, Op::DeleteLocal), 0);
}

TEST(Compile, FoldsConstantsWithinLimits) {
  auto result = compile_text("x = 1 << 100\ny = 'a' * 5000\nz = (1, 2) + (3,)\n");
  ASSERT_TRUE(result);
  std::string text = disassemble(*result.blob);
  EXPECT_NE(text.find("0x10000000000000000000000000"), std::string::npos) << text;
  EXPECT_NE(text.find("(1, 2, 3)"), std::string::npos) << text;
  EXPECT_EQ(count_op(*result.blob, Op::MulI), 1) << text;
}

TEST(Compile, DeadCodeIsNotEmitted) {
  auto result = compile_text("def f():\n  return 1\n  print(2)\nif 0:\n  print(3)\n");
  ASSERT_TRUE(result);
  EXPECT_EQ(count_op(*result.blob, Op::Call), 0);
  EXPECT_EQ(count_op(*child(*result.blob, "f"), Op::Call), 0);
}

TEST(Compile, ComprehensionVariableNeedsNoCellInOneFunction) {
  auto result = compile_text("def f(n, xs):\n  return [x + n for x in xs]\n");
  ASSERT_TRUE(result);
  const CodeBlob* f = child(*result.blob, "f");
  EXPECT_EQ(count_op(*f, Op::MakeCell), 0);
  EXPECT_TRUE(f->consts.empty());
}

TEST(Compile, OptimizeLevelsDropAssertsAndDocstrings) {
  const char* source = "def f():\n  'doc'\n  assert g()\n";
  CompileOptions options;
  options.optimize = 2;
  auto result = compile_text(source, options);
  const CodeBlob* f = child(*result.blob, "f");
  EXPECT_EQ(count_op(*f, Op::Call), 0);
  EXPECT_EQ(f->flags & kCoHasDocstring, 0u);
}

TEST(Compile, ErrorsOfScopes) {
  EXPECT_EQ(error_of("def f(x, x): pass"), "duplicate argument 'x' in function definition");
  EXPECT_EQ(error_of("def f():\n  print(x)\n  global x"), "name 'x' is used prior to global declaration");
  EXPECT_EQ(error_of("def f():\n  nonlocal x"), "no binding for nonlocal 'x' found");
  EXPECT_EQ(error_of("nonlocal x"), "nonlocal declaration not allowed at module level");
  EXPECT_EQ(error_of("[i := 0 for i in x]"), "assignment expression cannot rebind comprehension iteration variable 'i'");
}

TEST(Compile, ErrorsOfStatements) {
  EXPECT_EQ(error_of("return"), "'return' outside function");
  EXPECT_EQ(error_of("break"), "'break' outside loop");
  EXPECT_EQ(error_of("continue"), "'continue' not properly in loop");
  EXPECT_EQ(error_of("def f():\n  await x"), "'await' outside async function");
  EXPECT_EQ(error_of("yield"), "'yield' outside function");
  EXPECT_EQ(error_of("try: pass\nexcept: pass\nexcept A: pass"), "default 'except:' must be last");
  EXPECT_EQ(error_of("*a, *b = c"), "multiple starred expressions in assignment");
}

TEST(Compile, Warnings) {
  auto result = compile_text("x is 1\nassert (x, 'm')\n1()\n");
  ASSERT_EQ(result.warnings.size(), 3u);
  EXPECT_EQ(result.warnings[0].message, "\"is\" with 'int' literal. Did you mean \"==\"?");
  EXPECT_EQ(result.warnings[1].message, "assertion is always true, perhaps remove parentheses?");
  EXPECT_EQ(result.warnings[2].message, "'int' object is not callable; perhaps you missed a comma?");
}

TEST(Compile, DeepNestingIsAnErrorNotACrash) {
  std::string source = "x = " + std::string(3000, '-') + "y";
  ParseOptions parse_options;
  parse_options.stack_budget = 4 * 1024 * 1024;
  ParseResult tree = parse(source, parse_options);
  if (!tree) GTEST_SKIP() << "the parser stops first";
  CompileOptions options;
  options.stack_budget = 64 * 1024;
  CompileResult result = compile(tree.mod, options);
  EXPECT_FALSE(result);
  EXPECT_EQ(result.error.kind, SyntaxErrorKind::RecursionError);
}

TEST(Compile, LongChainsNeedNoStack) {
  std::string sum = "x = a";
  for (int i = 0; i < 20000; i++) sum += " + a";
  EXPECT_TRUE(compile_text(sum));
  std::string chain = "if a: pass\n";
  for (int i = 0; i < 5000; i++) chain += "elif b: pass\n";
  ParseResult tree = parse(chain, {});
  if (tree) {
    CompileResult result = compile(tree.mod, {});
    EXPECT_TRUE(result || result.error.kind == SyntaxErrorKind::RecursionError);
  }
}

TEST(Compile, LargeFunctionsUseLongJumps) {
  std::string source = "def f(a, b):\n  while a < b:\n";
  for (int i = 0; i < 12000; i++) source += "    a.b = g(a)\n";
  auto result = compile_text(source);
  ASSERT_TRUE(result) << result.error.message;
  EXPECT_GT(child(*result.blob, "f")->code.size(), 65536u);
}

TEST(Blob, RoundTripsThroughBytes) {
  auto result = compile_text("def f(a, *, b=1.5):\n  try:\n    return (a, b'x', 2j, ..., -2**70)\n  except E as e:\n    pass\n");
  ASSERT_TRUE(result);
  std::string bytes = serialize(*result.blob);
  auto back = deserialize(bytes);
  ASSERT_NE(back, nullptr);
  EXPECT_EQ(serialize(*back), bytes);
  EXPECT_EQ(disassemble(*back), disassemble(*result.blob));
}

TEST(Blob, DamagedBytesAreRefusedOrVerified) {
  auto result = compile_text("def f(a):\n  for x in a:\n    yield x + 1\n");
  std::string bytes = serialize(*result.blob);
  int refused = 0;
  for (size_t i = 0; i < bytes.size(); i++) {
    std::string damaged = bytes;
    damaged[i] = char(damaged[i] ^ 0x41);
    auto blob = deserialize(damaged);
    if (blob == nullptr || !verify(*blob).empty()) refused++;  // and nothing crashes
  }
  EXPECT_GT(refused, 0);
  for (size_t n = 0; n < bytes.size(); n++) EXPECT_EQ(deserialize(std::string_view(bytes).substr(0, n)), nullptr);
}

TEST(Verifier, FindsWhatIsWrong) {
  auto make = [] {
    auto result = compile_text("f(a)\n");
    return std::move(result.blob);
  };
  auto blob = make();
  blob->nregs--;  // an operand beyond the last register
  EXPECT_NE(verify(*blob), "");
  blob = make();
  blob->code.pop_back();  // falls off the end
  EXPECT_NE(verify(*blob), "");
  blob = make();
  blob->code.back() = Instruction::along(Op::Jump, 0, 50).word;
  EXPECT_NE(verify(*blob), "");
  blob = make();
  blob->code.insert(blob->code.begin(), Instruction::abc(Op::Return, 0, 0, 0).word);  // consumes a dead temp
  EXPECT_NE(verify(*blob), "");
}

TEST(Positions, RoundTrip) {
  PositionWriter writer(10);
  Position positions[] = {{10, 10, 0, 5}, {10, 10, 2, 300}, {}, {12, 15, 4, 1}, {11, 11, -1, -1}, {0, 0, 0, 0}};
  for (const Position& p : positions) writer.add(40, p);
  std::string table = writer.finish();
  PositionReader reader(table, 10);
  for (const Position& p : positions) {
    ASSERT_TRUE(reader.next());
    EXPECT_EQ(reader.words, 40u);
    EXPECT_TRUE(reader.position == p);
  }
  EXPECT_FALSE(reader.next());
}

}  // namespace
}  // namespace orochi
