package jsonschema

import "github.com/nexus-blueprint/nexus/report"

func confluentRules() []report.Rule { return nil }
