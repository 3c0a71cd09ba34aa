package cost_test

import (
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/cost"
)

// TestWhatIf sets each assumption and reads it back.
func TestWhatIf(t *testing.T) {
	list := "region=eu-west-1,batch=5,window=250ms,aggregate=20,peak=10,headroom=20%,consumers=3,efo=all," +
		"retention=7d,empty-polls=off,free-tiers=on,sqs-send=high,raw=off,kinesis=provisioned,streams=domain"
	a, err := cost.ParseWhatIf(list)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, setting := range a.Settings() {
		got = append(got, setting.Key+"="+setting.Value)
		if !setting.Changed {
			t.Errorf("%s is said to have its default", setting.Key)
		}
		if setting.Help == "" {
			t.Errorf("%s is not explained", setting.Key)
		}
	}
	if diff := gocmp.Diff(list, strings.Join(got, ",")); diff != "" {
		t.Errorf("settings differ (-want +got):\n%s", diff)
	}
	for _, setting := range cost.DefaultAssumptions().Settings() {
		if setting.Changed {
			t.Errorf("%s differs from its own default", setting.Key)
		}
	}
}

func TestWhatIfLaterWins(t *testing.T) {
	a, err := cost.ParseWhatIf("batch=5, peak=10", "batch=2")
	if err != nil || a.Batch != 2 || a.Peak != 10 {
		t.Errorf("batch %d, peak %v, %v", a.Batch, a.Peak, err)
	}
}

func TestWhatIfRefuses(t *testing.T) {
	tests := []struct{ list, want string }{
		{"", "has no value; write key=value"},
		{"batch", "has no value; write key=value"},
		{"bacth=5", "did you mean batch?"},
		{"colour=5", "there are region, batch,"},
		{"batch=0", "expected a whole number from 1 to 10"},
		{"batch=11", "expected a whole number from 1 to 10"},
		{"batch=1e1", "expected a whole number from 1 to 10"},
		{"peak=0.5", "expected a number from 1 to 10000"},
		{"peak=NaN", "expected a number from 1 to 10000"},
		{"peak=inf", "expected a number from 1 to 10000"},
		{"headroom=-1%", "expected a percentage"},
		{"window=-1s", "expected a duration from 0s to 1m0s"},
		{"window=1", "expected a duration"},
		{"retention=400d", "expected a duration from 0s to 365d"},
		{"consumers=0", "expected a whole number from 1 to 1000"},
		{"efo=some", "expected one of declared, all, none"},
		{"raw=true", "expected on or off"},
		{"region=", "expected a name"},
		{"batch=5,peak=3,batch=6", "what-if has batch twice: 5 and 6"},
	}
	for _, test := range tests {
		_, err := cost.ParseWhatIf(test.list)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: %v, want %s", test.list, err, test.want)
		}
	}
}

func TestConsumersOf(t *testing.T) {
	mixed := &cost.Traffic{Consumers: []cost.Consumer{{Name: "a", Kind: cost.FanOut}, {Name: "b"}, {Name: "c", Kind: cost.Lambda}}}
	tests := []struct {
		whatIf  string
		traffic *cost.Traffic
		want    []cost.Consumer
	}{
		{"batch=1", &cost.Traffic{}, []cost.Consumer{{Kind: cost.Polling}}},
		{"batch=1", mixed, []cost.Consumer{{"a", cost.FanOut}, {"b", cost.Polling}, {"c", cost.Lambda}}},
		{"efo=none", mixed, []cost.Consumer{{"a", cost.Polling}, {"b", cost.Polling}, {"c", cost.Lambda}}},
		{"efo=all", mixed, []cost.Consumer{{"a", cost.FanOut}, {"b", cost.FanOut}, {"c", cost.FanOut}}},
		{"consumers=2", mixed, []cost.Consumer{{"consumer 1", cost.FanOut}, {"consumer 2", cost.FanOut}}},
	}
	for _, test := range tests {
		a, err := cost.ParseWhatIf(test.whatIf)
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(test.want, a.ConsumersOf(test.traffic)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.whatIf, diff)
		}
	}
}

func FuzzWhatIf(f *testing.F) {
	f.Add("batch=5,peak=10,window=3d")
	f.Add("headroom=1e3%,,=")
	f.Fuzz(func(t *testing.T, list string) {
		a, err := cost.ParseWhatIf(list)
		if err != nil {
			return
		}
		var again []string
		for _, setting := range a.Settings() {
			if setting.Changed {
				again = append(again, setting.Key+"="+setting.Value)
			}
		}
		if len(again) == 0 || strings.Contains(a.Region, ",") {
			return
		}
		b, err := cost.ParseWhatIf(again...)
		if err != nil {
			t.Fatalf("what %q sets cannot be set again: %v", list, err)
		}
		if diff := gocmp.Diff(a.Settings(), b.Settings()); diff != "" {
			t.Errorf("%q (-first +again):\n%s", list, diff)
		}
	})
}
