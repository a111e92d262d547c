// The Writ language, version 1 (docs/language.md). One statement of it is one
// statement of RAM JSON. Nothing here is recursive, so no text can nest deeply;
// writ_syntax.cc depends on that.
//
// What a bare word means (an action, a number, a date) is decided when the tree
// is lowered (lower_writ.cc). Every character belongs to some token: an
// UNCLOSED or STRAY one is a finding, never skipped.
grammar Writ;

file : header? top* EOF ;

top : importDecl | setDecl | letDecl | templateDecl | policy | testDecl ;

// Relative to the file; `as` gives a name to stand before what it defines:
// `$fc.Deploy`, `use fc.own("red")`.
importDecl : IMPORT STRING (AS name)? SEMI ;

setDecl
  : annotation* SET name ASSIGN LBRACE (value (COMMA value)* COMMA?)? RBRACE
    SEMI?
  ;

letDecl : annotation* LET name ASSIGN value SEMI ;

templateDecl
  : annotation* TEMPLATE name LPAREN (name (COMMA name)* COMMA?)? RPAREN
    LBRACE templateItem* RBRACE
  ;

templateItem : use | statement ;

header : WRIT WORD SEMI ;

policy : annotation* POLICY name kind? LBRACE item* RBRACE ;

kind : IDENTITY | RESOURCE | TRUST | CONTROL | SESSION ;

item : version | policyExtra | use | statement ;

use
  : annotation* USE qualifiedName
    LPAREN (values (COMMA values)* COMMA?)? RPAREN SEMI
  ;

// A WORD may hold dots: `fc.own`.
qualifiedName : name ;

version : VERSION STRING SEMI ;

policyExtra : extra SEMI ;

statement
  : annotation* label? effect actions principals? resources? conditions? tail*
    SEMI
  ;

label : name ARROW ;

effect : ALLOW | DENY ;

// `nothing` stands for a statement that lacks the member, which RAM refuses.
actions : NOTHING | (ALL EXCEPT)? values ;

principals : TO (ANYONE | NOTHING | typed (COMMA typed)* | values) ;

typed : principalType values ;

principalType : WORD | STRING ;

resources : ON (ALL EXCEPT)? values ;

conditions : WHEN (NOTHING | condition (AND condition)*) ;

condition
  : BY STRING (NOTHING | key values)
  | key test
  ;

key : WORD | STRING ;

test
  : (EQUAL | UNEQUAL) values NOCASE?
  | (LESS | LESS_EQUAL | GREATER | GREATER_EQUAL) values
  | NOT? LIKE values
  | NOT? WITHIN values
  | IS values
  ;

tail : extra | SID STRING ;

extra : EXTRA STRING ASSIGN STRING ;

values : LBRACKET (value (COMMA value)* COMMA?)? RBRACKET | value ;

value : JSON WORD | WORD | STRING | REF ;

testDecl : annotation* TEST STRING LBRACE (given | expectation)* RBRACE ;

given : GIVEN key ASSIGN values SEMI ;

expectation
  : EXPECT (ALLOW | DENY (LPAREN (EXPLICIT | IMPLICIT) RPAREN)?) values
    ON values (BECAUSE name (COMMA name)*)? SEMI
  ;

annotation : AT name (LPAREN (value (COMMA value)* COMMA?)? RPAREN)? ;

// Keywords may be names.
name
  : WORD
  | WRIT | POLICY | IDENTITY | RESOURCE | TRUST | CONTROL | SESSION | VERSION
  | ALLOW | DENY | ALL | EXCEPT | TO | ANYONE | NOTHING | ON | WHEN | AND | BY
  | NOT | LIKE | WITHIN | IS | NOCASE | EXTRA | SID | JSON | IMPORT | AS | SET
  | LET | TEMPLATE | USE | TEST | GIVEN | EXPECT | EXPLICIT | IMPLICIT | BECAUSE
  ;

WRIT : 'writ' ;
POLICY : 'policy' ;
IDENTITY : 'identity' ;
RESOURCE : 'resource' ;
TRUST : 'trust' ;
CONTROL : 'control' ;
SESSION : 'session' ;
VERSION : 'version' ;
ALLOW : 'allow' ;
DENY : 'deny' ;
ALL : 'all' ;
EXCEPT : 'except' ;
TO : 'to' ;
ANYONE : 'anyone' ;
NOTHING : 'nothing' ;
ON : 'on' ;
WHEN : 'when' ;
AND : 'and' ;
BY : 'by' ;
NOT : 'not' ;
LIKE : 'like' ;
WITHIN : 'within' ;
IS : 'is' ;
NOCASE : 'nocase' ;
EXTRA : 'extra' ;
SID : 'sid' ;
JSON : 'json' ;
IMPORT : 'import' ;
AS : 'as' ;
SET : 'set' ;
LET : 'let' ;
TEMPLATE : 'template' ;
USE : 'use' ;
TEST : 'test' ;
GIVEN : 'given' ;
EXPECT : 'expect' ;
EXPLICIT : 'explicit' ;
IMPLICIT : 'implicit' ;
BECAUSE : 'because' ;

SEMI : ';' ;
COMMA : ',' ;
LBRACE : '{' ;
RBRACE : '}' ;
LBRACKET : '[' ;
RBRACKET : ']' ;
LPAREN : '(' ;
RPAREN : ')' ;
ARROW : '=>' ;
ASSIGN : '=' ;
AT : '@' ;
EQUAL : '==' ;
UNEQUAL : '!=' ;
LESS : '<' ;
LESS_EQUAL : '<=' ;
GREATER : '>' ;
GREATER_EQUAL : '>=' ;

STRING : '"' STRING_PART* '"' ;
UNCLOSED : '"' STRING_PART* ;
fragment STRING_PART : ~["\\\r\n] | '\\' ~[\r\n] ;

// No \p{..} classes: they cost start-up time.
REF : '$' [A-Za-z_\u0080-\uFFFF] NAME_PART* ;
fragment NAME_PART : [A-Za-z0-9_.\u0080-\uFFFF-] ;

WORD
  : ([A-Za-z0-9_*?\u0080-\uFFFF] | '-' [0-9] | NAMED)
    ([A-Za-z0-9_*?.:/+%~@\u0080-\uFFFF-] | NAMED)*
  ;
// `{team}`. A set of one such word, `{team}` behind `set Name =`, is told apart
// by the reader of tokens (writ_tokens.cc).
fragment NAMED : '{' [A-Za-z_\u0080-\uFFFF] NAME_PART* '}' ;

COMMENT : '//' ~[\r\n]* -> channel(HIDDEN) ;
SPACE : [ \t\r\n]+ -> channel(HIDDEN) ;
STRAY : . ;
