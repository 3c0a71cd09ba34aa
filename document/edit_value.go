package document

import (
	"maps"
	"slices"
)

// These functions make on a value what an Edit makes on its text. They copy
// the containers along the path and leave the document's own value alone.

// replaced is the value with another one at a path that exists.
func replaced(value any, path []string, by any) any {
	if len(path) == 0 {
		return by
	}
	switch v := value.(type) {
	case map[string]any:
		v = maps.Clone(v)
		v[path[0]] = replaced(v[path[0]], path[1:], by)
		return v
	case []any:
		if i, ok := arrayIndex(path[0]); ok && i < len(v) {
			v = slices.Clone(v)
			v[i] = replaced(v[i], path[1:], by)
			return v
		}
	}
	return value
}

// valueAt is the value at a path, nil when there is none.
func valueAt(value any, path []string) any {
	for _, token := range path {
		switch v := value.(type) {
		case map[string]any:
			value = v[token]
		case []any:
			i, ok := arrayIndex(token)
			if !ok || i >= len(v) {
				return nil
			}
			value = v[i]
		default:
			return nil
		}
	}
	return value
}

func inserted(value any, path []string, key string, member any) any {
	object, _ := valueAt(value, path).(map[string]any)
	with := map[string]any{key: member}
	maps.Copy(with, object)
	return replaced(value, path, with)
}

func appended(value any, path []string, element any) any {
	array, _ := valueAt(value, path).([]any)
	return replaced(value, path, append(slices.Clone(array), element))
}

func removed(value any, path []string) any {
	parent, last := path[:len(path)-1], path[len(path)-1]
	switch v := valueAt(value, parent).(type) {
	case map[string]any:
		v = maps.Clone(v)
		delete(v, last)
		return replaced(value, parent, v)
	case []any:
		i, _ := arrayIndex(last)
		return replaced(value, parent, slices.Delete(slices.Clone(v), i, i+1))
	}
	return value
}
