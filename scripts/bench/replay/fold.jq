# Run with -cn. jq has no decimals: it adds cents, which a float holds exactly.
# Grouping the list is several times faster than reducing into an object, which
# jq copies for every event.
def decimal: "\(. / 100 | floor).\(. % 100 + 100 | tostring | .[1:])";
[inputs | [.subject, .data]]
| group_by(.[0])[]
| {
    stream: .[0][0],
    status: .[-1][1].status,
    total: (map(.[1].amount * 100 | round) | add | decimal),
    items: map(.[1].item)
  }
