// The second pass: recognising mistakes that have an error text of their own.
#include "syntax/parser.h"

namespace orochi::syntax {

ExprNode* Parser::comma_error_check(ExprNode* left, const Token& start) { return left; }
bool Parser::diagnose_named_expression(const Token& start, ExprNode* e) { return false; }
bool Parser::diagnose_call(const Token& open) { return false; }
bool Parser::diagnose_assignment(const Token& start, ExprNode* first) { return false; }
bool Parser::diagnose_expression_statement(const Token& start) { return false; }
bool Parser::diagnose_collection(const Token& open) { return false; }
bool Parser::diagnose_field(const Token& open, char letter) { return false; }
bool Parser::diagnose_import_target(const char* what) { return false; }

}  // namespace orochi::syntax
