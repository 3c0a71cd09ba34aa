# METADATA
# title: Personal data is where the catalog says
# description: >-
#   Fails when a text in the data is an e-mail address, a telephone number or a card number, and the catalog does not
#   declare its field to be personal (x-pii: true) or to hold cards. A text that only mentions one, and a number without
#   quotes, are not looked at.
# custom:
#   id: store/undeclared-personal-data
#   severity: error
#   controls: []
#   verified: true
#   why: An event is kept for ever. What nobody declared is personal, nobody will find, hide or erase.
#   fix: "Write x-pii: true at the field in the schema of the event and say how it is erased, or do not send it."
#   reads: [schema, record]
package nexus.rules.store.undeclared_personal_data

# The message tells no value: whoever reads it may not be the one to read the data.
# It names the field as the schema has it, since keys of a map may be data as well.
deny contains {"message": sprintf("%s %s, and the catalog does not declare it to be personal", [path, said]), "field": path} if {
	some [place, said] in undeclared_places
	some path in named(place)
}

deny contains {"message": sprintf("a field that the schema does not name %s", [said])} if {
	some [place, said] in undeclared_places
	count(named(place)) == 0
}

undeclared_places contains [place, said] if {
	count(found) > 0
	walk(input.record.data, [path, value])
	said := found[value]
	not path in personal_paths
	place := concat("", [part | some key in path; part := written(key)])
	not declared(place)
}

# To walk without paths is faster, and most data hold nothing of it.
found[value] := said if {
	walk(input.record.data, [_, value])
	is_string(value)
	regex.match(`^[^@]+@[^@]+\.|^[^0-9a-z]*[0-9][0-9 ()./-]{6,}$`, value)
	said := identifies(value)
}

# Where most personal data are: members of objects, which need no further look.
personal_paths contains split(field.path, ".") if {
	some field in input.event.fields
	field.pii == true
	not contains(field.path, "[")
}

# What a text is. Only forms that hardly anything else has count: an event that is
# refused for a number of an order would be worse than one that is not found.
identifies(text) := "is an e-mail address" if {
	regex.match(`^\s*(mailto:|[^@<>]*<)?[^@\s<>,;:/]+@([\pL\pN]([\pL\pN-]*[\pL\pN])?\.)+\pL{2,}>?\s*$`, text)
} else := "is a telephone number" if {
	regex.match(`^\s*\+[1-9][0-9]{0,3}([ ./-]?\(?[0-9]+\)?){1,6}\s*$`, text)
	not regex.match(`^\s*\+[0-9]+\.[0-9]+\s*$`, text) # a decimal number
	digits := count(regex.replace(text, `[^0-9]`, ""))
	digits >= 8
	digits <= 15
} else := "is a card number" if {
	regex.match(`^\s*[0-9]{4}([ -]?[0-9]+)+\s*$`, text)
	number := regex.replace(text, `[^0-9]`, "")
	regex.match(issuers, number)
	checks(number)
}

# How the numbers of card schemes begin, and how long they are.
issuers := `^(4[0-9]{12}([0-9]{3}){0,2}|5[1-5][0-9]{14}|2[2-7][0-9]{14}|3[47][0-9]{13}|3[0689][0-9]{12}|35[0-9]{14}|6(011|4[4-9][0-9]|5[0-9]{2}|2[0-9]{2})[0-9]{12})$`

# The last digit of a card number follows from the others (ISO/IEC 7812-1).
checks(number) if {
	digits := [to_number(digit) | some digit in split(number, "")]
	sum([weight | some i, digit in digits; weight := weights[(count(digits) - i) % 2][digit]]) % 10 == 0
}

weights := [[0, 2, 4, 6, 8, 1, 3, 5, 7, 9], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]

# The part of a place that a key is.
written(key) := "[]" if {
	is_number(key)
} else := concat("", ["[", json.marshal(key), "]"]) if {
	regex.match(`^$|[.\[\]"[:cntrl:]]`, key)
} else := concat("", [".", key])

# The paths that the schema has for a place: its own, or one with [*] for any key of a map.
named(place) := {field.path |
	some field in input.event.fields
	is_at(field.path, place)
}

declared(place) if {
	some field in input.event.fields
	is_personal(field)
	is_at(field.path, place)
}

is_personal(field) if field.pii == true

is_personal(field) if field.category in {"card", "cardholder", "pan", "payment-card"}

is_at(path, place) if place in {path, concat("", [".", path])}

is_at(path, place) if {
	contains(path, "[*]")
	regex.match(pattern(path), place)
}

pattern(path) := concat("", [`^\.?`, replace(regex.replace(path, `[.+*?()|\[\]{}^$\\]`, `\$0`), `\[\*\]`, `(\.[^.\[\]]+|\["([^"\\]|\\.)*"\])`), "$"])
