package catalog

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/nexus-blueprint/nexus/report"
)

// checked loads files and lists what Check finds of one rule, as subject and message.
func checked(t *testing.T, rule string, files map[string]string, paths ...string) []report.Finding {
	t.Helper()
	system := fstest.MapFS{}
	for name, text := range files {
		system[name] = &fstest.MapFile{Data: []byte(text)}
	}
	c, err := Load(context.Background(), paths, Options{FS: system})
	if err != nil {
		t.Fatal(err)
	}
	findings, _ := c.Check(CheckOptions{})
	return slices.DeleteFunc(findings, func(f report.Finding) bool { return f.Rule != rule })
}

func TestOlderCurrent(t *testing.T) {
	page := func(version string) string { return "---\nid: OrderPlaced\nversion: " + version + "\n---\n" }
	older := "c/events/OrderPlaced/versioned/v/index.mdx"
	findings := checked(t, RuleOlderCurrent, map[string]string{"c/events/OrderPlaced/index.mdx": page("1.0.10"), older: page("2.0.0")}, "c")
	if len(findings) != 1 || !strings.Contains(findings[0].Message, "the current version of OrderPlaced is 1.0.10, and version 2.0.0 lies among the earlier ones") {
		t.Errorf("got %v", findings)
	}
	if findings := checked(t, RuleOlderCurrent, map[string]string{"c/events/OrderPlaced/index.mdx": page("1.0.10"), older: page("1.0.9")}, "c"); len(findings) > 0 {
		t.Errorf("the current version is the highest: %v", findings)
	}
}

// Two services that both receive, over channels that are one because of their
// address: one of them is read the wrong way round.
func TestNobodySends(t *testing.T) {
	findings := checked(t, RuleInverted, map[string]string{
		"two.yaml": `asyncapi: 2.6.0
info: {title: Shop, version: 1.0.0}
channels:
  shop.orders:
    publish: {message: {$ref: '#/components/messages/OrderPlaced'}}
components: {messages: {OrderPlaced: {payload: {type: object}}}}
`,
		"three.yaml": `asyncapi: 3.0.0
info: {title: Billing, version: 1.0.0}
channels:
  orders: {address: shop.orders, messages: {OrderPlaced: {$ref: '#/components/messages/OrderPlaced'}}}
operations:
  take: {action: receive, channel: {$ref: '#/channels/orders'}}
components: {messages: {OrderPlaced: {payload: {type: object}}}}
`,
	}, "two.yaml", "three.yaml")
	if len(findings) != 1 || !strings.Contains(findings[0].Message, "2 services receive OrderPlaced over one channel and none sends it") {
		t.Errorf("got %v", findings)
	}
}

func TestUnknownCategory(t *testing.T) {
	for word, want := range map[string]int{"personal": 0, "protected-health-information": 1} {
		findings := checked(t, RuleMalformedValue, map[string]string{"c/events/A/index.mdx": "---\nid: A\nx-data-category: " + word + "\n---\n"}, "c")
		if len(findings) != want {
			t.Errorf("%s: got %v", word, findings)
		}
	}
}

// Two ranges of one message, and two uses of one channel, are findings of their own.
func TestFingerprintsTellFindingsApart(t *testing.T) {
	files := map[string]string{"c/events/A/index.mdx": "---\nid: A\nversion: 1.0.0\n---\n", "c/services/s/index.mdx": `---
id: s
sends:
  - {id: A, version: 2.x, to: [{id: nowhere}]}
  - {id: A, version: 3.x, to: [{id: nowhere}]}
---
`}
	for _, rule := range []string{RuleNoMatchingVersion, RuleUndefinedChannel} {
		findings := checked(t, rule, files, "c")
		if len(findings) != 2 || findings[0].Fingerprint == findings[1].Fingerprint {
			t.Errorf("%s: got %v", rule, findings)
		}
	}
}

func TestFolderTellsWhatItLeavesOut(t *testing.T) {
	system := fstest.MapFS{
		"c/domains/Sales/index.mdx": {Data: []byte("---\nid: Sales\n---\n")},
		"c/domains/Sales/events/A/index.mdx": {Data: []byte(`---
id: A
draft: true
deprecated: {message: use B, date: 2026-01-01}
---
# All about A
`)},
		"c/services/s/index.mdx": {Data: []byte("---\nid: s\nspecifications: [{type: asyncapi, path: a.yml}]\n---\n")},
		"c/channels/k/index.mdx": {Data: []byte("---\nid: k\nversion: 1.0.0\nsummary: all\nparameters: {env: {enum: [a, b]}}\n---\n")},
		"c/teams/t.mdx":          {Data: []byte("---\nid: t\nmembers: [u]\n---\n")},
	}
	c, err := Load(context.Background(), []string{"c"}, Options{FS: system})
	if err != nil {
		t.Fatal(err)
	}
	folder := c.Folder()
	for _, want := range []string{
		"deprecated.date, on 1 page: A", "draft, on 1 page: A", "members, on 1 page: t", "specifications, on 1 page: s", "summary, on 1 page: k",
		"the text below the frontmatter, on 1 page: A", "version, on 1 page: k", "what is said about parameters, on 1 page: k",
	} {
		if !slices.Contains(folder.Left, want) {
			t.Errorf("nothing says %q: %q", want, folder.Left)
		}
	}
	i := slices.IndexFunc(folder.Files, func(f File) bool { return f.Name == "events/A/index.mdx" })
	if i < 0 || !strings.Contains(string(folder.Files[i].Text), "\nx-domain: Sales\n") {
		t.Errorf("the domain of the folder is lost: %v", folder.Files)
	}
}
