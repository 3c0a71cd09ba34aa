package cmd

import (
	"cmp"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/compat/protobuf"
	"github.com/nexus-blueprint/nexus/event"
	"github.com/nexus-blueprint/nexus/policy"
	"github.com/nexus-blueprint/nexus/report"
)

// shape is the form of a value in nexus.yaml.
type shape int

const (
	textShape     shape = iota
	listShape           // of texts
	boolShape           // true or false
	tableShape          // names to texts
	versionShape        // the number 1
	recordsShape        // names to mappings with the keys of fields
	reservedShape       // a key that a later part of nexus reads
	formShape           // a form that the package which uses it reads
)

// setting is one value that a flag, the environment or nexus.yaml gives. The
// table below is the only list of them: it drives the reading of nexus.yaml,
// `config show`, `config schema` and the completions.
type setting struct {
	key     string // its place in nexus.yaml, empty when the file has none
	flag    string // its flag, empty when it has none; NEXUS_FLAG is the environment's name
	shape   shape
	initial string
	title   string
	values  func(*app) []string // the valid texts, nil when any text is
	names   func(*app) []string // the valid names of a table, nil when any name is
	fields  []field             // of a record
}

// env is the variable that sets it, or "".
func (s setting) env() string {
	if s.flag == "" || s.shape == tableShape || s.shape == recordsShape {
		return ""
	}
	return "NEXUS_" + strings.ToUpper(strings.ReplaceAll(s.flag, "-", "_"))
}

// id is what the code calls the setting: its key, or its flag when it has none.
func (s setting) id() string { return cmp.Or(s.key, s.flag) }

// name is what listings call it.
func (s setting) name() string { return cmp.Or(s.key, "--"+s.flag) }

// settings lists every setting, in the order in which `config show` prints them.
func settings() []setting {
	return []setting{
		{key: "version", shape: versionShape, initial: "1", title: "the version of this file's form"},
		{key: "schema.paths", shape: listShape, initial: ".", title: "the files and folders that schema check reads when it is given none"},
		{key: "schema.against", flag: "against", initial: "", title: "the baseline, as KIND:REF; empty is the merge base with the default branch"},
		{key: "schema.level", flag: "level", initial: "", values: levelNames, title: "the compatibility level; empty is the registry's, else BACKWARD"},
		{key: "schema.profile", flag: "profile", initial: "blueprint", values: profileNames, title: "the rule book that turns changes into a verdict"},
		{key: "schema.formats", flag: "formats", initial: "assert", values: words("assert", "draft", "ignore"), title: "whether the keyword format is checked: always, as the draft says, or never"},
		{key: "schema.draft", flag: "draft", initial: "7", values: words("4", "6", "7", "2019-09", "2020-12"), title: "the draft of a JSON Schema without $schema"},
		{key: "schema.category", flag: "category", initial: "WIRE_JSON", values: words(protobuf.Categories...), title: "what must stay the same in a Protobuf schema: the binary form, the JSON form too, or generated code as well"},
		{key: "schema.undecided", initial: "error", values: words("error", "warning"), title: "what a change that cannot be decided counts as"},
		{key: "schema.fail_on", flag: "fail-on", initial: "error", values: words("error", "warning", "note", "never"), title: "the least severity that fails a run"},
		{key: "schema.trust", flag: "trust", initial: "head", values: words("head", "base"), title: "where nexus.yaml and waivers are read: the work tree or the baseline revision"},
		{key: "schema.allow_remote", flag: "allow-remote", shape: listShape, title: "hosts from which a remote $ref may be fetched"},
		{key: "schema.subjects", shape: tableShape, title: "file glob to subject name; {path}, {dir} and {name} stand for parts of the file's path, {record} for the record that its text names"},
		{key: "schema.rules", shape: tableShape, values: words("error", "warning", "note", "off"), names: ruleNames, title: "rule to severity"},
		{key: "profiles.blueprint.allow_new_fields", shape: boolShape, initial: "true", title: "a field may be added"},
		{key: "profiles.blueprint.require_defaults", shape: boolShape, initial: "true", title: "an added field needs a default"},
		{key: "profiles.blueprint.allow_field_removal", shape: boolShape, initial: "false", title: "a field may be removed"},
		{key: "profiles.blueprint.allow_type_changes", shape: boolShape, initial: "false", title: "a type may change"},
		{key: "waivers", flag: "waivers", initial: "waivers.yaml", title: "the file of reviewed exceptions"},
		{key: "registries", shape: recordsShape, fields: connectionFields, title: "schema registries by name, and how to reach them"},
		{key: "catalog.paths", flag: "catalog", shape: listShape, title: "the event catalogs, merged: EventCatalog folders, AsyncAPI documents, plain catalog.yaml"},
		{key: "catalog.direction", flag: "direction", initial: "spec", values: words("spec", "author"), title: "how publish and subscribe of AsyncAPI 2.x are read: as the specification means them, or from the author's side"},
		{key: "policy.packs", flag: "pack", shape: listShape, initial: "blueprint", values: packNames, title: "the rule packs in force"},
		{key: "policy.paths", flag: "policy", shape: listShape, title: "folders with the team's own rules"},
		{key: "policy.rules", shape: tableShape, values: words("error", "warning", "note", "off"), title: "policy or catalog rule to severity"},
		{key: "policy.timeout", flag: "policy-timeout", initial: "10s", title: "how long the rules may run before the run counts as unchecked"},
		{key: "policy.fail_on", flag: "fail-on", initial: "error", values: words("error", "warning", "note", "never"), title: "the least severity that fails a policy run"},
		{key: "policy.erased", flag: "erased", title: "a file with the subjects whose personal data was erased, one a line"},
		{key: "log.paths", flag: "log", shape: listShape, title: "the exported event log: files, folders or globs"},
		{key: "log.format", flag: "log-format", initial: "", values: logFormats, title: "the form of the log; empty is found out"},
		{key: "log.map", shape: tableShape, names: words(event.AttributeNames()...), title: "where a log of your own form keeps the attributes of an event: attribute to path"},
		{key: "reducers", shape: formShape, title: "how events fold into state, by name; see docs/replay.md"},
		{key: "upcast", shape: formShape, title: "how old versions of events are lifted to new ones, as a list or the file that holds it; see docs/replay.md"},
		{key: "cost.region", flag: "region", initial: "us-east-1", title: "the region whose prices apply to the paths of AWS"},
		{key: "cost.prices", flag: "prices", title: "a file of prices that stand before those nexus brings along"},
		{key: "cost.what_if", flag: "what-if", shape: listShape, title: "assumptions to change, as KEY=VALUE; docs/cost.md lists them"},
		{key: "cost.critical", initial: "kinesis", title: "the path that the router calls critical"},
		{key: "cost.standard", initial: "sns-sqs", title: "the path that the router calls standard"},
		{key: "cost.providers", shape: listShape, initial: "aws", values: words("aws", "gcp", "azure", "self-hosted"), title: "whose paths the optimum may use"},
		{key: "cost.fail_on", flag: "fail-on", initial: "error", values: words("error", "warning", "note", "never"), title: "the least severity that fails an estimate"},
		{key: "route", shape: formShape, title: "the weights of the router; see docs/cost.md"},
		{flag: "format", initial: "text", values: words(formatNames()...), title: "the form of the output"},
		{flag: "color", initial: "auto", values: words("auto", "always", "never"), title: "whether the terminal output is coloured"},
		{flag: "baseline", initial: "", title: "an earlier JSON report whose findings no longer fail"},
		{flag: "as-of", initial: "", title: "the day on which waivers are judged, YYYY-MM-DD"},
		{flag: "endpoint-url", initial: "", title: "the address of a registry instead of its own, such as an emulator's"},
		{flag: "config", initial: "", title: "the configuration file instead of the one found by walking up"},
	}
}

// settingFor finds a setting by its id.
func settingFor(id string) setting {
	all := settings()
	i := slices.IndexFunc(all, func(s setting) bool { return s.id() == id })
	if i < 0 {
		panic("cmd: no setting is called " + id)
	}
	return all[i]
}

func words(list ...string) func(*app) []string { return func(*app) []string { return list } }

func profileNames(*app) []string { return compat.Profiles }

func packNames(*app) []string { return policy.PackNames() }

func logFormats(*app) []string {
	var names []string
	for _, f := range event.Formats() {
		names = append(names, f.Name)
	}
	return names
}

func levelNames(*app) []string {
	names := make([]string, len(compat.Levels))
	for i, level := range compat.Levels {
		names[i] = string(level)
	}
	return names
}

func ruleNames(a *app) []string { return namesOf(a.schemaRules()) }

func namesOf(rules []report.Rule) []string {
	names := make([]string, len(rules))
	for i, rule := range rules {
		names[i] = rule.ID
	}
	return names
}
