# The names of fields, without regard to case, - and _.
package nexus.lib.names

# Each name on a line of its own. One match against all of them, before a match
# against each, is all that most events need. Splitting costs less than replacing.
text := concat("", split(concat("", split(lower(lines), "_")), "-")) if {
	lines := concat("\n", [name | name := input.event.fields[_].name])
}

# In the order of input.event.fields.
list := split(text, "\n")

# The fields whose names match. The pattern starts with (?m)^ and ends with $.
like(pattern) := [input.event.fields[i] | some i, name in list; regex.match(pattern, name)]
