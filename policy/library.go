package policy

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/skeleton/gate"
)

// Library holds compiled rules: those of every pack that nexus brings along, and
// the user's own. It is safe for concurrent use.
type Library struct {
	folders  []folder // by name
	policies *gate.Policies
	rules    []Rule // by id
}

// Rule is one rule of a pack.
type Rule struct {
	gate.PolicyRule
	// Pack is the name of the pack that holds it.
	Pack string
	// Severity is the one that the team gave the rule, else the rule's own. It
	// hides the text in PolicyRule.
	Severity report.Severity
}

// Open compiles the packs that nexus brings along together with the policies in
// folders of fsys, whose names are as the user wrote them, from the root of fsys.
func Open(fsys fs.FS, folders ...string) (*Library, error) {
	return open(gate.PolicyOptions{InputSchema: InputSchema, DataSchema: DataSchema}, fsys, folders)
}

func open(o gate.PolicyOptions, fsys fs.FS, folders []string) (*Library, error) {
	l := &Library{folders: embeddedPacks()}
	for _, name := range folders {
		own, err := ownFolder(fsys, name)
		if err != nil {
			return nil, err
		}
		if taken := l.pack(own.Name); taken != nil {
			return nil, &Error{Usage: true, Code: CodeBadPack,
				Message: fmt.Sprintf("reading the policies in %s: there is a pack named %s already", name, own.Name),
				Hints:   []string{"give it another name in " + name + "/" + packFile}}
		}
		l.folders = append(l.folders, own)
	}
	slices.SortFunc(l.folders, func(a, b folder) int { return cmp.Compare(a.Name, b.Name) })
	return l, l.compile(o)
}

func (l *Library) compile(o gate.PolicyOptions) error {
	list := modules(sharedFiles())
	packOf := map[string]string{}
	for _, f := range l.folders {
		for _, m := range modules(f.files) {
			packOf[m.File] = f.Name
			list = append(list, m)
		}
	}
	policies, err := gate.CompilePolicies(list, o)
	if err != nil {
		return notCompiled(err)
	}
	l.policies = policies
	for _, r := range policies.Rules() {
		l.rules = append(l.rules, Rule{PolicyRule: r, Pack: packOf[r.File], Severity: report.Severity(r.Severity)})
	}
	return nil
}

func (l *Library) pack(name string) *folder {
	for i := range l.folders {
		if l.folders[i].Name == name {
			return &l.folders[i]
		}
	}
	return nil
}

// Packs lists the packs by name, the user's folders among them.
func (l *Library) Packs() []Pack {
	packs := make([]Pack, len(l.folders))
	for i, f := range l.folders {
		packs[i] = f.Pack
	}
	return packs
}

// Rules lists every rule by id, with its own severity.
func (l *Library) Rules() []Rule { return slices.Clone(l.rules) }

// Rule finds a rule by its id or its code.
func (l *Library) Rule(name string) (Rule, bool) {
	for _, r := range l.rules {
		if r.ID == name || name != "" && r.Code == name {
			return r, true
		}
	}
	return Rule{}, false
}

// Selection says which rules are asked, and how grave it is to break them.
type Selection struct {
	// Packs are names of packs. The user's folders need not be named: whoever
	// gives a folder wants its rules.
	Packs []string
	// Rules are ids or codes. Unless empty, they are the only ones chosen, of
	// whatever pack.
	Rules []string
	// Severities are the team's own, by id or code; compat.Off drops a rule.
	Severities map[string]report.Severity
}

// Select returns the chosen rules by id. No rule is an *Error: a run that asks
// nothing would find nothing.
func (l *Library) Select(s Selection) ([]Rule, error) {
	wanted, err := l.wanted(s)
	if err != nil {
		return nil, err
	}
	severities, err := l.severities(s.Severities)
	if err != nil {
		return nil, err
	}
	var chosen []Rule
	for _, r := range l.rules {
		r.Severity = cmp.Or(severities[r.ID], r.Severity)
		if wanted(r) && r.Severity != compat.Off {
			chosen = append(chosen, r)
		}
	}
	if len(chosen) == 0 {
		return nil, &Error{Usage: true, Code: CodeNoRule, Message: "no rule is chosen, so nothing would be checked",
			Hints: []string{"name a pack, such as --pack blueprint, or a folder of policies; rules that are off do not count"}}
	}
	return chosen, nil
}

// wanted tells the rules that a selection chooses.
func (l *Library) wanted(s Selection) (func(Rule) bool, error) {
	packs := map[string]bool{}
	for _, f := range l.folders {
		packs[f.Name] = f.own
	}
	for _, name := range s.Packs {
		if _, known := packs[name]; !known {
			return nil, &Error{Usage: true, Code: CodeUnknownPack, Message: fmt.Sprintf("there is no pack %q", name),
				Hints: nearestHint(name, slices.Sorted(maps.Keys(packs)))}
		}
		packs[name] = true
	}
	rules := map[string]bool{}
	for _, name := range s.Rules {
		r, known := l.Rule(name)
		if !known {
			return nil, l.unknownRule(name)
		}
		rules[r.ID] = true
	}
	return func(r Rule) bool {
		if len(rules) > 0 {
			return rules[r.ID]
		}
		return packs[r.Pack]
	}, nil
}

// severities keys the team's severities by id.
func (l *Library) severities(given map[string]report.Severity) (map[string]report.Severity, error) {
	byID := map[string]report.Severity{}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		r, known := l.Rule(name)
		switch {
		case known:
			byID[r.ID] = given[name]
		case name != RuleUndeclared:
			return nil, l.unknownRule(name)
		}
	}
	return byID, nil
}

func (l *Library) unknownRule(name string) error {
	var known []string
	for _, r := range l.rules {
		known = append(known, r.ID)
		if r.Code != "" {
			known = append(known, r.Code)
		}
	}
	failure := &Error{Usage: true, Code: CodeUnknownRule, Message: fmt.Sprintf("there is no policy rule %q", name),
		Hints: []string{"nexus policy list shows the rules of every pack"}}
	if near := report.Nearest(name, known); near != "" {
		failure.Hints = []string{"did you mean " + near + "?"}
	}
	return failure
}

// Document is the rule as reports show it. A citation that nobody has compared
// with the text it cites is marked.
func (r Rule) Document() report.Rule {
	controls := make([]string, len(r.Controls))
	for i, citation := range r.Controls {
		controls[i] = citation
		if !r.Verified {
			controls[i] += " (unverified citation)"
		}
	}
	return report.Rule{ID: r.ID, Code: r.Code, Title: r.Title, Why: cmp.Or(r.Why, r.Description), Severity: r.Severity, Controls: controls, Fix: r.Fix}
}

// ReadsLog reports whether the rule judges recorded events.
func (r Rule) ReadsLog() bool { return slices.Contains(r.Reads, gate.ReadsLog) }
