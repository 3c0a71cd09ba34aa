package catalog

import (
	"path"
	"slices"
	"strings"
)

// messageRefKeys are the keys of a service's reference to a message.
var messageRefKeys = []string{"delivery_mode", "fields", "from", "group", "id", "name", "to", "triggers", "version"}

// messages reads what a service sends or receives: ids, or mappings with an id,
// a range of versions, channels and the fields that are read.
func messages(list entry, prefix string) []Message {
	var found []Message
	for _, item := range list.items() {
		id := item.id()
		if !id.Known() {
			continue
		}
		m := Message{Event: id.Get, Place: id.Place}
		if item.isMapping() {
			m.Versions = item.member("version").plain()
			m.Fields = item.member("fields").strings()
			for _, key := range []string{"to", "from"} {
				for _, channel := range item.member(key).ids() {
					m.Channels = append(m.Channels, channel.Get)
				}
			}
			attributes(item, form{prefix, messageRefKeys}, messageAttributes, &m)
		}
		found = append(found, m)
	}
	return found
}

func readChannel(root entry, id string, f form) *Channel {
	c := &Channel{
		ID:        id,
		Name:      root.member("name").plain(),
		Address:   root.member("address").plain(),
		Protocols: root.member("protocols").strings(),
		Owners:    root.member("owners").ids(),
	}
	for _, p := range root.member("parameters").items() {
		if p.isMapping() {
			for _, m := range p.members() {
				c.Parameters = append(c.Parameters, m.name())
			}
			continue
		}
		c.Parameters = append(c.Parameters, p.plain())
	}
	c.Ext = attributes(root, f, channelAttributes, c)
	if !c.TLS.Known() && len(c.Protocols) > 0 {
		c.TLS = secureProtocols(c.Protocols, root.member("protocols").place())
	}
	return c
}

// secureProtocols infers that a channel is encrypted when each of its protocols
// is. Nothing follows from the others: TLS is then a matter of configuration.
func secureProtocols(protocols []string, at Place) Value[bool] {
	for _, p := range protocols {
		if !tlsProtocols[strings.ToLower(p)] {
			return Value[bool]{}
		}
	}
	return Value[bool]{Get: true, Source: Inferred, Place: at}
}

// domainsByFolder gives events and services the domain in whose folder they lie,
// the innermost one.
func domainsByFolder(c *Catalog) {
	byFolder := map[string]string{}
	c.links = slices.DeleteFunc(c.links, func(l link) bool {
		if l.kind == domainFolder {
			byFolder[l.to.Get] = l.from
		}
		return l.kind == domainFolder
	})
	if len(byFolder) == 0 {
		return
	}
	give := func(domain *Value[string], at Place) {
		if domain.Known() {
			return
		}
		for dir := path.Dir(at.File); dir != "." && dir != "/"; dir = path.Dir(dir) {
			if id, ok := byFolder[dir]; ok {
				*domain = Value[string]{Get: id, Source: Inferred, Place: at}
				return
			}
		}
	}
	for _, e := range c.Events {
		give(&e.Domain, e.Place)
	}
	for _, s := range c.Services {
		give(&s.Domain, s.Place)
	}
}
