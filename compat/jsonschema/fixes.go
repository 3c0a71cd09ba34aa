package jsonschema

import "github.com/nexus-blueprint/nexus/compat"

func (e *Engine) Fixes(previous, next compat.Parsed, c compat.Change, d compat.Direction) []compat.Fix { return nil }
