package catalog

import "slices"

// oneAddress gives channels that stand for one address one id. AsyncAPI 2.x calls a
// channel by its address, and 3.x by a name beside it. An address that two named
// channels share is left alone: it could be either.
func oneAddress(parts []*Catalog) {
	named := map[string]string{} // ids by address
	for _, part := range parts {
		for _, c := range part.Channels {
			switch known, met := named[c.Address]; {
			case c.Address == "" || c.ID == c.Address:
			case met && known != c.ID:
				named[c.Address] = ""
			default:
				named[c.Address] = c.ID
			}
		}
	}
	for _, part := range parts {
		if part.onlyAsyncAPI {
			part.renameChannels(named)
		}
	}
}

// renameChannels calls the channels whose id is their address by the ids given for
// addresses.
func (c *Catalog) renameChannels(ids map[string]string) {
	renamed := map[string]string{}
	for _, channel := range c.Channels {
		if id := ids[channel.Address]; id != "" && channel.ID == channel.Address {
			renamed[channel.ID], channel.ID = id, id
		}
	}
	if len(renamed) == 0 {
		return
	}
	rename := func(list []Message) {
		for _, m := range list {
			for i, id := range m.Channels {
				if now, ok := renamed[id]; ok {
					m.Channels[i] = now
				}
			}
		}
	}
	for _, s := range c.Services {
		rename(s.Sends)
		rename(s.Receives)
	}
	for _, e := range c.Events {
		e.Channels = slices.Clone(e.Channels)
		for i, v := range e.Channels {
			if now, ok := renamed[v.Get]; ok {
				e.Channels[i].Get = now
			}
		}
	}
}
