package replay

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser/lexer"
)

// maskNumbers puts zeros in place of the digits of literals that the language
// cannot hold, such as 1e400. It then reads them as 0, and exactly puts the number
// there that stands at that place of the expression as it was written.
func maskNumbers(text string) (string, error) {
	tokens, err := lexer.Lex(file.NewSource(text))
	if err != nil {
		return text, nil // the compiler says it better
	}
	var masked []rune
	for _, t := range tokens {
		if t.Kind != lexer.Number {
			continue
		}
		written := strings.ReplaceAll(t.Value, "_", "")
		if !strings.ContainsAny(written, ".eE") || strings.HasPrefix(strings.ToLower(written), "0x") {
			continue
		}
		if _, err := strconv.ParseFloat(written, 64); !errors.Is(err, strconv.ErrRange) {
			continue
		}
		if _, err := parseLiteral(written); err != nil {
			return "", fmt.Errorf("the literal %s is %w", t.Value, err)
		}
		if masked == nil {
			masked = []rune(text)
		}
		for i := t.From; i < t.To; i++ {
			if unicode.IsDigit(masked[i]) {
				masked[i] = '0'
			}
		}
	}
	if masked == nil {
		return text, nil
	}
	return string(masked), nil
}
