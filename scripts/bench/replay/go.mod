// A module of its own, so that nothing here is part of nexus.
module replaybench

go 1.26
