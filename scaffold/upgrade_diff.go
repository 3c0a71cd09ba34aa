package scaffold

import "slices"

// matches pairs the lines that a and b have in common, as Myers' greedy algorithm
// finds them: a longest common subsequence. For each line of a it holds the line of b
// that it stays as, or -1.
func matches(a, b []string) []int {
	pairs := make([]int, len(a))
	for i := range pairs {
		pairs[i] = -1
	}
	// What both begin and end with needs no search, and is most of a file.
	head := 0
	for head < min(len(a), len(b)) && a[head] == b[head] {
		pairs[head] = head
		head++
	}
	tail := 0
	for tail < min(len(a), len(b))-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		pairs[len(a)-1-tail] = len(b) - 1 - tail
		tail++
	}
	for _, pair := range common(a[head:len(a)-tail], b[head:len(b)-tail]) {
		pairs[head+pair[0]] = head + pair[1]
	}
	return pairs
}

// common are the pairs of equal lines on a shortest edit path from a to b.
func common(a, b []string) [][2]int {
	rounds := search(a, b)
	var pairs [][2]int
	x, y := len(a), len(b)
	for d := len(rounds) - 1; d >= 0; d-- {
		k := x - y
		fromX, fromY := 0, 0
		if d > 0 {
			k = previous(rounds[d-1], d, k)
			fromX = rounds[d-1][k+d-1]
			fromY = fromX - k
		}
		for x > fromX && y > fromY {
			x, y = x-1, y-1
			pairs = append(pairs, [2]int{x, y})
		}
		x, y = fromX, fromY
	}
	slices.Reverse(pairs)
	return pairs
}

// search walks the edit graph of a and b until its end is reached. Round d holds, for
// each diagonal k = x - y from -d to d, at k+d, how far x comes with d edits.
func search(a, b []string) [][]int {
	var rounds [][]int
	for d := 0; ; d++ {
		round := make([]int, 2*d+1)
		for k := -d; k <= d; k += 2 {
			x := 0
			if d > 0 {
				x = step(rounds[d-1], d, k)
			}
			for x < len(a) && x-k < len(b) && a[x] == b[x-k] {
				x++
			}
			round[k+d] = x
			if x >= len(a) && x-k >= len(b) {
				return append(rounds, round)
			}
		}
		rounds = append(rounds, round)
	}
}

// step is where diagonal k begins in round d: a line of a left out, or one of b put in.
func step(last []int, d, k int) int {
	from := previous(last, d, k)
	x := last[from+d-1]
	if from < k {
		x++
	}
	return x
}

// previous is the diagonal that round d comes to k from.
func previous(last []int, d, k int) int {
	if k == -d || k != d && last[k-1+d-1] < last[k+1+d-1] {
		return k + 1
	}
	return k - 1
}
