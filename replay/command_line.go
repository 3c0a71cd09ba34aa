package replay

import (
	"errors"
	"fmt"
	"strings"
)

// ParseCommand splits a command line into words as a shell does, without one:
// spaces separate, quotes and a backslash keep. Nothing is expanded, and what only
// a shell understands is refused.
func ParseCommand(text string) (Command, error) {
	s := splitter{rest: text}
	for s.rest != "" {
		if err := s.next(); err != nil {
			return Command{}, fmt.Errorf("command %q: %w", text, err)
		}
	}
	s.end()
	if len(s.words) == 0 || s.words[0] == "" {
		return Command{}, errors.New("no command is named")
	}
	return Command{Args: s.words}, nil
}

// String is the command line, quoted where that matters.
func (c Command) String() string {
	words := make([]string, len(c.Args))
	for i, word := range c.Args {
		if words[i] = word; word == "" || strings.ContainsAny(word, " \t\n\\'\""+shellOnly) {
			words[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
	}
	return strings.Join(words, " ")
}

// shellOnly are the characters that mean something to a shell alone.
const shellOnly = "|&;<>()$`*?"

type splitter struct {
	rest  string
	words []string
	word  strings.Builder
	open  bool // a word has begun, though it may be empty
}

func (s *splitter) end() {
	if s.open {
		s.words = append(s.words, s.word.String())
	}
	s.word.Reset()
	s.open = false
}

// keep adds text to the word.
func (s *splitter) keep(text string) {
	s.word.WriteString(text)
	s.open = true
}

// next takes one character, one quotation, or all up to the next of them.
func (s *splitter) next() error {
	plain := strings.IndexAny(s.rest, " \t\r\n\\'\""+shellOnly)
	if plain < 0 {
		plain = len(s.rest)
	}
	if plain > 0 {
		s.keep(s.rest[:plain])
		s.rest = s.rest[plain:]
		return nil
	}
	c := s.rest[0]
	s.rest = s.rest[1:]
	switch c {
	case ' ', '\t', '\r', '\n':
		s.end()
		return nil
	case '\'':
		quoted, rest, closed := strings.Cut(s.rest, "'")
		if !closed {
			return errors.New("the quote ' is not closed")
		}
		s.keep(quoted)
		s.rest = rest
		return nil
	case '"':
		return s.quoted()
	case '\\':
		if s.rest == "" {
			return errors.New("nothing follows the last \\")
		}
		s.keep(s.rest[:1])
		s.rest = s.rest[1:]
		return nil
	}
	return fmt.Errorf("no shell runs it, to which %c would mean something: quote it, or write sh -c '…'", c)
}

// quoted takes what stands up to the closing double quote.
func (s *splitter) quoted() error {
	s.open = true
	for {
		at := strings.IndexAny(s.rest, `"\`)
		if at < 0 || s.rest[at:] == `\` {
			return errors.New(`the quote " is not closed`)
		}
		s.keep(s.rest[:at])
		c, rest := s.rest[at], s.rest[at+1:]
		if c == '"' {
			s.rest = rest
			return nil
		}
		if rest[0] != '"' && rest[0] != '\\' {
			s.keep(`\`) // it keeps nothing else from its meaning, so that it is itself
		}
		s.keep(rest[:1])
		s.rest = rest[1:]
	}
}
