package scaffold_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/scaffold"
)

// from takes one document over.
func from(t *testing.T, document string) scaffold.Taken {
	t.Helper()
	fsys, err := scaffold.Tree{"api.yaml": []byte(document)}.FS()
	if err != nil {
		t.Fatal(err)
	}
	taken, err := scaffold.From(context.Background(), "api.yaml", "desk", catalog.Options{FS: fsys})
	if err != nil {
		t.Fatal(err)
	}
	resolve(t, taken)
	return taken
}

const signup = `
asyncapi: 3.0.0
info: {title: Accounts, version: 1.0.0}
servers: {broker: {host: "broker.example.com:9092", protocol: PROTOCOL}}
channels:
  signups:
    address: user/signedup
    messages: {signedUp: {$ref: "#/components/messages/UserSignedUp"}}
operations:
  publish: {action: send, channel: {$ref: "#/channels/signups"}}
components:
  messages:
    UserSignedUp:
      x-data-classification: restricted
      payload:
        type: object
        required: [userId, email]
        properties:
          userId: {type: string}
          email: {type: string, format: email}
          other: {type: string, format: email, x-pii: false}
`

// What the source says stays, and what it does not say is declared of the app.
func TestFromDeclaresWhatTheSourceDoesNot(t *testing.T) {
	taken := from(t, strings.Replace(signup, `servers: {broker: {host: "broker.example.com:9092", protocol: PROTOCOL}}`, "", 1))
	page := string(taken.Files["events/UserSignedUp/index.mdx"])
	for _, want := range []string{
		"\nx-data-classification: restricted\n", "\nowners: [desk-team]\n", "\nx-correlation: correlationid\n", "\nx-partition-key: userId\n",
		"\nx-path: standard\n", "\nx-requires-ordering: true\n", "\nx-fields: {email: {pii: true, category: contact}}\n", "Review them",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	if strings.Count(page, "x-data-classification") != 1 {
		t.Errorf("the classification is declared twice:\n%s", page)
	}
	if channel := string(taken.Files["channels/signups/index.mdx"]); !strings.Contains(channel, "\nx-ordering: true\n") {
		t.Errorf("nothing says that the channel keeps the order:\n%s", channel)
	}
	for _, file := range []string{"events/UserSignedUp/examples/typical.json", "commands/RecordUserSignedUp/examples/typical.json", "services/desk-readmodels/index.mdx", "domains/desk/index.mdx", "teams/desk-team.mdx"} {
		if _, there := taken.Files[file]; !there {
			t.Errorf("%s is not written: %v", file, taken.Files.Names())
		}
	}
}

// Where the source says by which protocol its events go, nobody guesses their road.
func TestFromLeavesTheRoadToTheSource(t *testing.T) {
	for _, protocol := range []string{"kafka", "sns"} {
		taken := from(t, strings.Replace(signup, "PROTOCOL", protocol, 1))
		page := string(taken.Files["events/UserSignedUp/index.mdx"])
		channel := string(taken.Files["channels/signups/index.mdx"])
		if strings.Contains(page, "x-path") || strings.Contains(page, "x-requires-ordering") || strings.Contains(channel, "x-ordering") {
			t.Errorf("%s: a road is guessed:\n%s%s", protocol, page, channel)
		}
	}
}

// A service and the fields that there are get what they lack, beside what they have.
func TestFromAddsToListsThatThereAre(t *testing.T) {
	document := strings.NewReplacer("title: Accounts", "title: Desk", "x-data-classification: restricted", "x-fields: {userId: {pii: true}}").Replace(signup)
	taken := from(t, strings.Replace(document, "PROTOCOL", "kafka", 1))
	page := string(taken.Files["events/UserSignedUp/index.mdx"])
	if want := "\nx-fields:\n  email: {pii: true, category: contact}\n  userId: {pii: true}\n"; !strings.Contains(page, want) {
		t.Errorf("the page lacks %q:\n%s", want, page)
	}
	service := string(taken.Files["services/desk/index.mdx"])
	if !strings.Contains(service, "\nsends:\n  - id: UserSignedUp\n") || !strings.Contains(service, "\nreceives: [{id: RecordUserSignedUp,") {
		t.Errorf("the service is\n%s", service)
	}
}

// One channel a message is common in AsyncAPI, and one aggregate a message is not.
func TestFromGroupsByWhatEventsAreAbout(t *testing.T) {
	const channel = "  NAME: {subscribe: {message: {name: EVENT, payload: {type: object, required: [ID], properties: {ID: {type: string}}}}}}\n"
	tests := map[string]struct {
		events []string // channel, name, id
		want   map[string][]string
	}{
		"a channel for each":      {[]string{"invoice/created InvoiceCreated invoiceId", "invoice/gone InvoiceGone invoiceId"}, map[string][]string{"Invoice": {"InvoiceCreated", "InvoiceGone"}}},
		"no id says it":           {[]string{"user/signedup UserSignedUp id"}, map[string][]string{"User": {"UserSignedUp"}}},
		"a channel for all":       {[]string{"billing InvoiceCreated invoiceId"}, map[string][]string{"Billing": {"InvoiceCreated"}}},
		"names that say no thing": {[]string{"ping Ping pingId"}, map[string][]string{"Ping": {"Ping"}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			document := "asyncapi: 2.6.0\ninfo: {title: Desk, version: 1.0.0}\nchannels:\n"
			for _, event := range test.events {
				words := strings.Fields(event)
				document += strings.NewReplacer("NAME", words[0], "EVENT", words[1], "ID", words[2]).Replace(channel)
			}
			got := map[string][]string{}
			for _, a := range from(t, document).Spec.Aggregates {
				for _, e := range a.Events {
					got[a.Name] = append(got[a.Name], e.Name)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A message that is received, and called like one that is sent, is its command.
func TestFromTellsCommandsByTheirNames(t *testing.T) {
	const operations = `
asyncapi: 3.0.0
info: {title: Forest, version: 1.0.0}
channels:
  trees:
    address: trees
    messages: {grown: {name: TreeGrown, payload: PAYLOAD}, grow: {name: GrowTree, payload: PAYLOAD}, felled: {name: TreeFelled, payload: PAYLOAD}}
operations:
  out: {action: send, channel: {$ref: "#/channels/trees"}, messages: [{$ref: "#/channels/trees/messages/grown"}]}
  in: {action: receive, channel: {$ref: "#/channels/trees"}, messages: [{$ref: "#/channels/trees/messages/grow"}, {$ref: "#/channels/trees/messages/felled"}]}
`
	taken := from(t, strings.ReplaceAll(operations, "PAYLOAD", "{type: object, required: [treeId], properties: {treeId: {type: string}}}"))
	commands := map[string]string{}
	for _, a := range taken.Spec.Aggregates {
		for _, c := range a.Commands {
			commands[c.Name] = c.Event
		}
	}
	if diff := cmp.Diff(map[string]string{"GrowTree": "TreeGrown", "RecordTreeFelled": "TreeFelled"}, commands); diff != "" {
		t.Error(diff, slices.Sorted(maps.Keys(commands)))
	}
}

// A folder of the user's stays as it is: what keeps the app from storing its events is
// said instead.
func TestFromSaysWhatAFolderLacks(t *testing.T) {
	files := scaffold.Tree{
		"c/events/SignedUp/index.mdx":   []byte("---\nid: SignedUp\nversion: 1.0.0\nschemaPath: schema.json\n---\n"),
		"c/events/SignedUp/schema.json": []byte(`{"type":"object","required":["userId","email"],"properties":{"userId":{"type":"string"},"email":{"type":"string","format":"email"}}}`),
	}
	fsys, err := files.FS()
	if err != nil {
		t.Fatal(err)
	}
	taken, err := scaffold.From(context.Background(), "c", "desk", catalog.Options{FS: fsys})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if diff := cmp.Diff(string(text), string(taken.Files[strings.TrimPrefix(name, "c/")])); diff != "" {
			t.Error(diff)
		}
	}
	if !strings.Contains(strings.Join(taken.Notes, "\n"), "x-fields: {email: {pii: true}}") {
		t.Errorf("the notes are %q", taken.Notes)
	}
	if page := string(taken.Files["commands/RecordSignedUp/index.mdx"]); !strings.Contains(page, "\nx-correlation: correlationid\n") {
		t.Errorf("the page of the command that nexus wrote says too little:\n%s", page)
	}
}
