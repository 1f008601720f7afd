// Package deploy holds the files to deploy Postlude, and the test of what can
// be checked in them without a container engine.
package deploy

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

// runtimeVariables are read by the Go runtime, not by our programs.
var runtimeVariables = []string{"GOMEMLIMIT", "ZONEINFO", "TZ"}

type compose struct {
	Services map[string]service `yaml:"services"`
	Volumes  map[string]any     `yaml:"volumes"`
}

type service struct {
	Image string `yaml:"image"`
	Build *struct {
		Context    string `yaml:"context"`
		Dockerfile string `yaml:"dockerfile"`
		Target     string `yaml:"target"`
	} `yaml:"build"`
	Environment     map[string]string `yaml:"environment"`
	Volumes         []string          `yaml:"volumes"`
	StopGracePeriod time.Duration     `yaml:"stop_grace_period"`
	Healthcheck     *struct {
		Test []string `yaml:"test"`
	} `yaml:"healthcheck"`
	DependsOn map[string]struct {
		Condition string `yaml:"condition"`
	} `yaml:"depends_on"`
	Deploy struct {
		Replicas int `yaml:"replicas"`
	} `yaml:"deploy"`
}

func TestComposeBuildsWhatTheDockerfileOffers(t *testing.T) {
	t.Parallel()
	stages := stagesOf(t)

	built := 0
	for name, s := range readCompose(t).Services {
		if s.Build == nil {
			require.Regexp(t, `^[a-z]+:\d`, s.Image, "%s has a fixed version", name)
			continue
		}
		built++
		require.FileExists(t, filepath.Join(s.Build.Context, s.Build.Dockerfile), name)
		require.Contains(t, stages, s.Build.Target, name)
	}
	require.GreaterOrEqual(t, built, 4)
}

func TestComposeStartsInOrder(t *testing.T) {
	t.Parallel()
	c := readCompose(t)

	for name, s := range c.Services {
		for other, dependency := range s.DependsOn {
			require.Contains(t, c.Services, other, "%s depends on it", name)
			if dependency.Condition == "service_healthy" {
				require.NotNil(t, c.Services[other].Healthcheck, "%s waits for the health of %s", name, other)
			}
		}
		for _, volume := range s.Volumes {
			source, _, _ := strings.Cut(volume, ":")
			if strings.HasPrefix(source, ".") {
				require.DirExists(t, source, name)
				continue
			}
			require.Contains(t, c.Volumes, source, name)
		}
	}
	drain := drainDeadline(t)
	for _, name := range []string{"api", "relay", "worker"} {
		s := c.Services[name]
		require.Equal(t, "service_completed_successfully", s.DependsOn["migrate"].Condition, name)
		require.Equal(t, "true", s.Environment["ASYNCEVENT_PROCESSOR_ENABLED"], name)
		require.Greater(t, s.StopGracePeriod, drain+10*time.Second, "%s has time to drain and to close", name)
	}
	require.Equal(t, 3, c.Services["worker"].Deploy.Replicas)
}

// A variable that no program reads is a setting that silently does nothing.
func TestVariablesExist(t *testing.T) {
	t.Parallel()
	known := append(variablesOf(t), runtimeVariables...)

	for name, s := range readCompose(t).Services {
		if s.Build == nil {
			continue // the variables of somebody else's image
		}
		for variable := range s.Environment {
			require.Contains(t, known, variable, "compose.yaml, %s", name)
		}
	}
	for _, line := range regexp.MustCompile(`(?m)^ENV (\w+)`).FindAllStringSubmatch(read(t, "Dockerfile"), -1) {
		require.Contains(t, known, line[1], "Dockerfile")
	}
}

func TestDockerfileBuildsWhatExists(t *testing.T) {
	t.Parallel()
	dockerfile := read(t, "Dockerfile")

	var built []string
	for _, match := range regexp.MustCompile(`\./(cmd/[a-z-]+)`).FindAllStringSubmatch(dockerfile, -1) {
		require.FileExists(t, filepath.Join("..", match[1], "main.go"))
		built = append(built, filepath.Base(match[1]))
	}
	programs, err := os.ReadDir("../cmd")
	require.NoError(t, err)
	require.Len(t, built, len(programs), "every program is built")

	stages := stagesOf(t)
	for _, program := range built {
		require.Contains(t, stages, program)
	}
	for _, match := range regexp.MustCompile(`--from=(\S+) (?:/out/(\S+))?`).FindAllStringSubmatch(dockerfile, -1) {
		require.Contains(t, stages, match[1])
		if match[2] != "" {
			require.Contains(t, built, match[2])
		}
	}

	// The toolchain is new enough for the module.
	language := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(read(t, "../go.mod"))
	require.NotNil(t, language)
	require.Contains(t, dockerfile, "golang:"+language[1])
}

func readCompose(t *testing.T) compose {
	t.Helper()
	var c compose
	require.NoError(t, yaml.Unmarshal([]byte(read(t, "compose.yaml")), &c))
	require.NotEmpty(t, c.Services)
	return c
}

func stagesOf(t *testing.T) []string {
	t.Helper()
	var stages []string
	for _, match := range regexp.MustCompile(`(?m)^FROM .* AS (\S+)$`).FindAllStringSubmatch(read(t, "Dockerfile"), -1) {
		stages = append(stages, match[1])
	}
	require.NotEmpty(t, stages)
	return stages
}

// variablesOf returns the environment variables that the sources name: in the
// struct tags of the command lines, and in calls of some getenv.
func variablesOf(t *testing.T) []string {
	t.Helper()
	tag := regexp.MustCompile(`\benv:"([A-Z0-9_,]+)"`)
	call := regexp.MustCompile(`(?i:getenv|lookupenv)\("([A-Z0-9_]+)"\)`)

	var names []string
	for _, root := range []string{"../cmd", "../internal"} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				return err
			}
			source, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, match := range tag.FindAllSubmatch(source, -1) {
				names = append(names, strings.Split(string(match[1]), ",")...)
			}
			for _, match := range call.FindAllSubmatch(source, -1) {
				names = append(names, string(match[1]))
			}
			return nil
		})
		require.NoError(t, err)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// drainDeadline returns the default of the worker's drain deadline, the longest
// of all programs.
func drainDeadline(t *testing.T) time.Duration {
	t.Helper()
	match := regexp.MustCompile(`env:"POSTLUDE_DRAIN" default:"([^"]+)"`).FindStringSubmatch(read(t, "../internal/app/worker.go"))
	require.NotNil(t, match, "the worker has a drain deadline")
	drain, err := time.ParseDuration(match[1])
	require.NoError(t, err)
	return drain
}

func read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(content)
}
