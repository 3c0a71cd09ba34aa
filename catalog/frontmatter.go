package catalog

import (
	"bytes"
	"errors"

	"github.com/nexus-blueprint/nexus/document"
)

var (
	errNoFrontmatter   = errors.New("the file has no frontmatter: its first line is not ---")
	errOpenFrontmatter = errors.New("the frontmatter has no end: no line after the first is ---")
)

// readFrontmatter reads the YAML between the two lines of dashes that begin a
// Markdown file; what follows is prose, and is not looked at. Positions are those
// of the whole file: the first dashes are a document's start in YAML too, so the
// text is parsed from the file's beginning.
//
// A *document.Error says where the YAML is broken.
func readFrontmatter(file string, text []byte) (*page, error) {
	end, err := frontmatterEnd(text)
	if err != nil {
		return nil, err
	}
	text = text[:end:end]
	d, err := document.ParseLocated(file+".yaml", text)
	if err != nil {
		if e, ok := errors.AsType[*document.Error](err); ok {
			e.File = file
		}
		return nil, err
	}
	return &page{file: file, text: text, document: d}, nil
}

// frontmatterEnd is the offset of the line that ends the frontmatter.
func frontmatterEnd(text []byte) (int, error) {
	rest := bytes.TrimPrefix(text, []byte("\ufeff"))
	open := false
	for len(rest) > 0 {
		line, after, _ := bytes.Cut(rest, []byte("\n"))
		switch line = bytes.TrimRight(line, " \t\r"); {
		case open && string(line) == "---":
			return len(text) - len(rest), nil
		case !open && string(line) == "---":
			open = true
		case !open && len(line) > 0:
			return 0, errNoFrontmatter
		}
		rest = after
	}
	if open {
		return 0, errOpenFrontmatter
	}
	return 0, errNoFrontmatter
}
