package app_test

import (
	"testing"

	"github.com/nexus-blueprint/nexus/skeleton/app/apptest"
)

func TestExam(t *testing.T) { apptest.Run(t, boxesApp(t)) }
