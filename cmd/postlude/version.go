package main

import (
	"fmt"
	"runtime/debug"
)

type versionCommand struct{}

// Run implements the command.
func (*versionCommand) Run(std streams) error {
	info, _ := debug.ReadBuildInfo()
	if _, err := fmt.Fprintln(std.out, "postlude "+describe(info)); err != nil {
		return fmt.Errorf("write version: %w", err)
	}
	return nil
}

// describe says which build this is: its version and, as far as they are known,
// revision and Go version.
func describe(info *debug.BuildInfo) string {
	if info == nil {
		return "(unknown)"
	}
	version := info.Main.Version
	if version == "" {
		version = "(devel)"
	}
	revision, modified := "", ""
	for _, setting := range info.Settings {
		switch {
		case setting.Key == "vcs.revision":
			revision = " " + setting.Value
		case setting.Key == "vcs.modified" && setting.Value == "true":
			modified = " (modified)"
		}
	}
	return version + revision + modified + " " + info.GoVersion
}
