package jsonschema

import "strconv"

// object compares what two schemas say about objects.
func (c *confluent) object(o *outcome, old, next *model) {
	c.properties(o, old, next)
	c.required(o, old, next)
	c.dependencies(o, old, next)
	c.rest(o, old, next, "additional-properties", old.object.additional, next.object.additional)
	c.rest(o, old, next, "unevaluated-properties", old.object.unevaluated, next.object.unevaluated)
	c.limits(o, old, next, confluentLimit{"maxProperties", true}, confluentLimit{"minProperties", false})
	c.reserved(o, old, next)
}

func (c *confluent) properties(o *outcome, old, next *model) {
	for _, name := range old.object.names {
		if after := next.object.properties[name]; after != nil {
			o.add(c.compare(old.object.properties[name], after))
		} else {
			c.propertyRemoved(o, old, next, name)
		}
	}
	for _, name := range next.object.names {
		if old.object.properties[name] == nil {
			c.propertyAdded(o, old, next, name)
		}
	}
}

// propertyRemoved asks what the new schema says about a property that it no
// longer names.
func (c *confluent) propertyRemoved(o *outcome, old, next *model, name string) {
	before, covering := old.object.properties[name], next.object.covering(name)
	oldPointer, pointer := old.pointer("properties", name), next.pointer("properties", name)
	switch {
	case next.object.open():
	case covering != nil:
		if !c.accepts(before, covering) {
			c.refuseAt(o, "property-removed-not-covered-by-partially-open-content-model", oldPointer, pointer,
				"the property %q was removed, and the schema for undeclared properties does not accept all that it could hold", name)
		}
	case before.kind != falseModel:
		c.refuseAt(o, "property-removed-from-closed-content-model", oldPointer, pointer,
			"the property %q was removed from an object that accepts no undeclared properties", name)
	}
}

// propertyAdded asks what the old schema said about a property that it did not
// name yet.
func (c *confluent) propertyAdded(o *outcome, old, next *model, name string) {
	after, covering := next.object.properties[name], old.object.covering(name)
	oldPointer, pointer := old.pointer("properties", name), next.pointer("properties", name)
	required := next.object.required[name]
	switch {
	case old.object.open():
		if after.kind != emptyModel {
			c.refuseAt(o, addedRule(required, after), oldPointer, pointer,
				"the property %q was added to an object that accepted any value under that name", name)
		}
	case covering != nil:
		if !c.accepts(covering, after) {
			c.refuseAt(o, "property-added-not-covered-by-partially-open-content-model", oldPointer, pointer,
				"the property %q was added and does not accept all that the schema for undeclared properties did", name)
		}
	case required && !after.hasDefault():
		c.refuseAt(o, "required-property-added-to-unopen-content-model", oldPointer, pointer,
			"the required property %q was added without a default", name)
	}
}

// addedRule names the refusal of a property that is added to an open object.
func addedRule(required bool, added *model) string {
	switch {
	case !required:
		return "property-added-to-open-content-model"
	case added.hasDefault():
		return "required-property-with-default-added-to-open-content-model"
	}
	return "required-property-added-to-open-content-model"
}

// hasDefault reports whether the schema itself states a default; one behind a
// reference does not count.
func (m *model) hasDefault() bool {
	_, ok := m.raw["default"]
	return ok
}

// required looks only at properties that both versions declare, and lets a
// default stand in for the value, which no validator does.
func (c *confluent) required(o *outcome, old, next *model) {
	for _, name := range old.object.names {
		after := next.object.properties[name]
		if after == nil || old.object.required[name] || !next.object.required[name] || after.hasDefault() {
			continue
		}
		c.refuse(o, "required-attribute-added", old, next, "required", "the property %q became required and has no default", name)
	}
}

func (c *confluent) dependencies(o *outcome, old, next *model) {
	for _, name := range sortedKeys(next.object.needs) {
		keyword := dependencyKeyword(next, "dependentRequired")
		before, had := old.object.needs[name]
		after := next.object.needs[name]
		oldPointer, pointer := old.pointer(dependencyKeyword(old, "dependentRequired"), name), next.pointer(keyword, name)
		added, dropped := missing(after, before), missing(before, after)
		switch {
		case !had:
			c.refuseAt(o, "dependency-array-added", oldPointer, pointer, "the property %q now demands others", name)
		case len(added) > 0 && len(dropped) > 0:
			c.refuseAt(o, "dependency-array-changed", oldPointer, pointer, "the property %q now demands %q, no longer %q", name, added[0], dropped[0])
		case len(added) > 0:
			c.refuseAt(o, "dependency-array-extended", oldPointer, pointer, "the property %q now also demands %q", name, added[0])
		}
	}
	for _, name := range sortedKeys(next.object.implies) {
		before, after := old.object.implies[name], next.object.implies[name]
		if before != nil {
			o.add(c.compare(before, after))
			continue
		}
		c.refuseAt(o, "dependency-schema-added", old.pointer(dependencyKeyword(old, "dependentSchemas"), name), after.pointer(),
			"objects with the property %q must now satisfy a schema", name)
	}
}

// dependencyKeyword is the keyword under which the schema's draft has it.
func dependencyKeyword(m *model, since2019 string) string {
	if m.at.file.draft >= draft2019 {
		return since2019
	}
	return "dependencies"
}

// rest compares what two schemas say about members that they do not name.
func (c *confluent) rest(o *outcome, old, next *model, rule string, before, after rest) {
	oldPointer, pointer := old.pointer(before.keyword), next.pointer(after.keyword)
	switch {
	case before.permitted && !after.permitted:
		c.refuseAt(o, rule+"-removed", oldPointer, pointer, "%s became false", after.keyword)
	case !before.permitted && after.permitted:
	case before.schema == nil && after.schema != nil:
		c.refuseAt(o, rule+"-narrowed", oldPointer, pointer, "%s accepted anything and now has a schema", after.keyword)
	case before.schema != nil && after.schema != nil:
		o.add(c.compare(before.schema, after.schema))
	}
}

// reserved guards the names that Confluent's keyword "confluent:reserved" keeps
// from being used again.
func (c *confluent) reserved(o *outcome, old, next *model) {
	const keyword = "confluent:reserved"
	for _, name := range missing(old.object.reserved, next.object.reserved) {
		c.refuse(o, "reserved-property-removed", old, next, keyword, "the name %q is no longer reserved", name)
	}
	for _, name := range next.object.names {
		if next.object.reserved[name] {
			c.refuseAt(o, "reserved-property-conflicts-with-property", old.pointer(keyword), next.pointer("properties", name),
				"the property %q uses a reserved name", name)
		}
	}
}

// array compares what two schemas say about arrays.
func (c *confluent) array(o *outcome, old, next *model) {
	before, after := old.array, next.array
	switch {
	case before.all != nil && after.all != nil:
		o.add(c.compare(before.all, after.all))
	case after.all != nil:
		c.refuse(o, "schema-added", old, next, "items", "the items had no common schema and now have one")
	}
	c.tuple(o, old, next)
	c.rest(o, old, next, "additional-items", before.additional, after.additional)
	c.rest(o, old, next, "unevaluated-items", before.unevaluated, after.unevaluated)
	c.limits(o, old, next, confluentLimit{"maxItems", true}, confluentLimit{"minItems", false})
	c.containsLimits(o, old, next)
	if next.raw["uniqueItems"] == true && old.raw["uniqueItems"] != true {
		c.refuse(o, "unique-items-added", old, next, "uniqueItems", "the items must now be unique")
	}
}

// tuple compares the schemas of items by position. An item that only one
// version has is judged as an added or removed property is.
func (c *confluent) tuple(o *outcome, old, next *model) {
	before, after := old.array, next.array
	for i := range max(len(before.tuple), len(after.tuple)) {
		switch {
		case i >= len(after.tuple):
			c.itemRemoved(o, old, next, i)
		case i >= len(before.tuple):
			c.itemAdded(o, old, next, i)
		default:
			o.add(c.compare(before.tuple[i], after.tuple[i]))
		}
	}
}

func (c *confluent) itemRemoved(o *outcome, old, next *model, i int) {
	before, covering := old.array.tuple[i], next.array.covering()
	oldPointer, pointer := before.pointer(), next.pointer(next.array.tupleAt, strconv.Itoa(i))
	switch {
	case next.array.open():
	case covering != nil:
		if !c.accepts(before, covering) {
			c.refuseAt(o, "item-removed-not-covered-by-partially-open-content-model", oldPointer, pointer,
				"the schema of item %d was removed, and the schema for further items does not accept all that it could be", i)
		}
	case before.kind != falseModel:
		c.refuseAt(o, "item-removed-from-closed-content-model", oldPointer, pointer,
			"the schema of item %d was removed from an array that accepts no further items", i)
	}
}

func (c *confluent) itemAdded(o *outcome, old, next *model, i int) {
	after, covering := next.array.tuple[i], old.array.covering()
	oldPointer, pointer := old.pointer(old.array.tupleAt, strconv.Itoa(i)), after.pointer()
	switch {
	case old.array.open():
		if after.kind != emptyModel {
			c.refuseAt(o, "item-added-to-open-content-model", oldPointer, pointer, "item %d got a schema, and could be anything before", i)
		}
	case covering != nil:
		if !c.accepts(covering, after) {
			c.refuseAt(o, "item-added-not-covered-by-partially-open-content-model", oldPointer, pointer,
				"item %d got a schema that does not accept all that the schema for further items did", i)
		}
	}
}
