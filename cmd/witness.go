package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/nexus-blueprint/nexus/report"
)

// writeWitnesses writes each finding's witness to a file of its own, for the
// consumers' tests. A file that says something else is somebody's fixture: it is
// left alone, and the run says that it could not write.
func (c *schemaCheck) writeWitnesses() error {
	if c.witnessDir == "" {
		return nil
	}
	dir := c.app.abs(c.witnessDir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return usage(fmt.Errorf("writing witnesses: %w", err))
	}
	for _, f := range c.report.Findings {
		if f.Witness == nil {
			continue
		}
		name := witnessName(f)
		if err := writeOnce(filepath.Join(dir, name), []byte(f.Witness.Text+"\n")); err != nil {
			c.report.Errors = append(c.report.Errors, report.Problem{
				Code: "witness-not-written", Message: fmt.Sprintf("writing %s: %v", filepath.ToSlash(filepath.Join(c.witnessDir, name)), err),
				Hints: []string{"remove the file, or give another --witness-dir"}, Subject: &f.Subject,
			})
		}
	}
	return nil
}

// witnessName is SUBJECT.RULE.FINGERPRINT8.json, with slashes made harmless. Two
// findings of one fingerprint keep apart by the number that the report gave them.
func witnessName(f report.Finding) string {
	print, number, _ := strings.Cut(f.Fingerprint, ":")
	name := strings.ReplaceAll(f.Subject, "/", ".") + "." + strings.ReplaceAll(f.Rule, "/", "-") + "." + print[:min(8, len(print))]
	if number != "" {
		name += "-" + number
	}
	return name + ".json"
}

var errOtherContent = errors.New("the file exists and holds something else")

// writeOnce writes a file that does not exist, or is content with an equal one.
func writeOnce(path string, text []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		there, err := os.ReadFile(path)
		if err != nil {
			return reason(err)
		}
		if !bytes.Equal(there, text) {
			return errOtherContent
		}
		return nil
	}
	if err != nil {
		return reason(err)
	}
	_, err = file.Write(text)
	return errors.Join(err, file.Close())
}
