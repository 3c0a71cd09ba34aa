package scaffold

import (
	"strings"
	"unicode"
)

// lowerWords is the name of a type in the middle of a sentence: field sensor.
func lowerWords(name string) string {
	title := titleOfMessage(name)
	if words := wordsOf(name); len(words) > 0 && len([]rune(words[0])) > 1 && allUpper(words[0]) {
		return title // an abbreviation
	}
	return strings.ToLower(title)
}

// article is a noun with a or an in front.
func article(noun string) string {
	if noun != "" && strings.ContainsRune("aeiou", unicode.ToLower([]rune(noun)[0])) {
		return "an " + noun
	}
	return "a " + noun
}

// asked is what a command asks for, of its name in words and that of its aggregate:
// register sensor is register a sensor.
func asked(command, noun string) string {
	if verb, about := strings.CutSuffix(command, " "+noun); about {
		return verb + " " + withArticle(noun)
	}
	return command
}

func sentence(text string) string { return capital(text) + "." }

// codeList lists names in a sentence.
func codeList(names []string) string { return joined(names, "and") }

func orList(names []string) string { return joined(names, "or") }

func joined(names []string, last string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = "`" + name + "`"
	}
	return enumerated(quoted, last)
}

// enumerated are words in a sentence, with another one before the last.
func enumerated(words []string, last string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " " + last + " " + words[len(words)-1]
}

func isAccepted(n int) string {
	if n == 1 {
		return "is accepted"
	}
	return "are accepted"
}
