//go:build !slow

package app_test

// kills is how often TestKill9 kills the app.
const kills = 3
