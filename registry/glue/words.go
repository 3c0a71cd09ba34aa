package glue

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/glue/types"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/schema"
)

// levels pairs Glue's compatibility modes with package compat's levels. DISABLED
// is the one mode without a level (see the package comment).
var levels = []struct {
	mode  types.Compatibility
	level compat.Level
}{
	{types.CompatibilityNone, compat.None},
	{types.CompatibilityBackward, compat.Backward},
	{types.CompatibilityBackwardAll, compat.BackwardTransitive},
	{types.CompatibilityForward, compat.Forward},
	{types.CompatibilityForwardAll, compat.ForwardTransitive},
	{types.CompatibilityFull, compat.Full},
	{types.CompatibilityFullAll, compat.FullTransitive},
	{types.CompatibilityDisabled, ""},
}

func levelOf(mode types.Compatibility) (compat.Level, bool) {
	for _, pair := range levels {
		if pair.mode == mode {
			return pair.level, true
		}
	}
	return "", false
}

func modeOf(level compat.Level) (types.Compatibility, error) {
	for _, pair := range levels {
		if pair.level == level && level != "" {
			return pair.mode, nil
		}
	}
	return "", optionsError(fmt.Sprintf("AWS Glue has no mode for the compatibility level %q", level))
}

// formats pairs Glue's data formats with package schema's, and with the suffix
// under which people know such a file.
var formats = []struct {
	data   types.DataFormat
	format schema.Format
	suffix string
}{
	{types.DataFormatAvro, schema.Avro, ".avsc"},
	{types.DataFormatJson, schema.JSON, ".json"},
	{types.DataFormatProtobuf, schema.Protobuf, ".proto"},
}

func formatOf(data types.DataFormat) (format schema.Format, suffix string, ok bool) {
	for _, row := range formats {
		if row.data == data {
			return row.format, row.suffix, true
		}
	}
	return "", "", false
}

func dataFormatOf(format schema.Format) (types.DataFormat, bool) {
	for _, row := range formats {
		if row.format == format {
			return row.data, true
		}
	}
	return "", false
}

// allowsName reports whether Glue allows the name for a schema (Glue Web API
// Reference, CreateSchema).
func allowsName(name string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_$#."
	return name != "" && len(name) <= 255 && strings.Trim(name, letters) == ""
}

// parseVersion reads a version number; ok is false for what Glue never gives.
func parseVersion(text string) (number int64, ok bool) {
	number, err := strconv.ParseInt(text, 10, 64)
	return number, err == nil && number > 0 && strconv.FormatInt(number, 10) == text
}

func formatVersions(numbers []int64) []string {
	slices.Sort(numbers)
	versions := make([]string, len(numbers))
	for i, number := range numbers {
		versions[i] = strconv.FormatInt(number, 10)
	}
	return versions
}
