package rest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAModelIsDeployedListedAndReadBack(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	source := ticketModel(t)
	var first, second struct {
		Version  string
		Revision int64
		Deployed string
		Changed  bool
		Warnings []any
	}
	s.do(t, http.MethodPost, "/api/model/bpmn", "application/octet-stream", source).decode(t, &first)
	require.Equal(t, "ticket-1.0", first.Version)
	require.True(t, first.Changed)
	require.NotNil(t, first.Warnings, "a list, also an empty one")

	s.do(t, http.MethodPut, "/api/model/bpmn/ticket.bpmn", "", source).decode(t, &second)
	require.Equal(t, first.Revision, second.Revision)
	require.False(t, second.Changed)

	var list struct{ Models []map[string]any }
	s.get(t, "/api/model").decode(t, &list)
	require.Len(t, list.Models, 1)
	require.Equal(t, "ticket-1.0", list.Models[0]["version"])
	require.Contains(t, list.Models[0], "revision")
	require.Contains(t, list.Models[0], "deployed")

	got := s.get(t, "/api/model/ticket-1.0/bpmn")
	require.Equal(t, http.StatusOK, got.status)
	require.Equal(t, "application/xml", got.header.Get("Content-Type"))
	require.Equal(t, source, got.body)
}

func TestAModelWithAWarningIsDeployed(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	source := strings.Replace(ticketModel(t), ` name="Ticket"`, "", 1)
	got := s.do(t, http.MethodPost, "/api/model/bpmn/t.bpmn", "application/xml", source)
	var deployed struct {
		Warnings []struct{ Severity, Code, File, Element, Message string }
	}
	got.decode(t, &deployed)
	require.Len(t, deployed.Warnings, 1)
	require.Equal(t, "warning", deployed.Warnings[0].Severity)
	require.Equal(t, "process-name-missing", deployed.Warnings[0].Code)
	require.Equal(t, "ticket", deployed.Warnings[0].Element)
	require.Equal(t, "t.bpmn", deployed.Warnings[0].File)
}

func TestARefusedModelIsNotStored(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	twice := strings.Replace(ticketModel(t), `imixs:processid="1100"`, `imixs:processid="1000"`, 1)
	for name, source := range map[string]string{
		"no XML":            "hello",
		"empty":             "",
		"other XML":         "<html></html>",
		"without version":   strings.Replace(ticketModel(t), "txtworkflowmodelversion", "other", 1),
		"one task id twice": twice,
	} {
		p := s.do(t, http.MethodPost, "/api/model/bpmn/bad.bpmn", "application/xml", source).
			requireProblem(t, http.StatusBadRequest, "INVALID_MODEL")
		require.NotEmpty(t, p.Problems, name)
		require.Equal(t, "error", p.Problems[0].Severity, name)
		require.Equal(t, "bad.bpmn", p.Problems[0].File, name)
		require.NotEmpty(t, p.Problems[0].Message, name)
	}
	var list struct{ Models []any }
	s.get(t, "/api/model/").decode(t, &list)
	require.Empty(t, list.Models)
	require.NotNil(t, list.Models)
}

func TestAnUnknownPluginIsRefusedUnlessIgnored(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	source := strings.Replace(ticketModel(t), "<bpmn2:extensionElements>",
		`<bpmn2:extensionElements><imixs:item name="txtplugins"><imixs:value>com.example.Fax</imixs:value></imixs:item>`, 1)
	p := s.do(t, http.MethodPost, "/api/model/bpmn", "application/xml", source).requireProblem(t, http.StatusBadRequest, "INVALID_MODEL")
	require.Len(t, p.Problems, 1)
	require.Equal(t, "plugin-unknown", p.Problems[0].Code)
	got := s.do(t, http.MethodPost, "/api/model/bpmn?ignoreUnknownPlugins=true", "application/xml", source)
	require.Equal(t, http.StatusOK, got.status, got.body)
	require.Contains(t, got.body, `"code":"plugin-unknown"`)
	s.do(t, http.MethodPost, "/api/model/bpmn?ignoreUnknownPlugins=perhaps", "application/xml", source).
		requireProblem(t, http.StatusBadRequest, "INVALID_REQUEST")
}

func TestModelRequestsThatAreRefused(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.get(t, "/api/model/none/bpmn").requireProblem(t, http.StatusNotFound, "NOT_FOUND")
	s.get(t, "/api/model/a%00b/bpmn").requireProblem(t, http.StatusBadRequest, "INVALID_REQUEST")
	s.do(t, http.MethodPost, "/api/model/bpmn", "application/x-www-form-urlencoded", "a=b").
		requireProblem(t, http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE")
	s.do(t, http.MethodPost, "/api/model/bpmn", "application/xml", strings.Repeat(" ", 20<<20+1)).
		requireProblem(t, http.StatusRequestEntityTooLarge, "BODY_TOO_LARGE")
	s.get(t, "/api/model", "Accept", "text/html").requireProblem(t, http.StatusNotAcceptable, "NOT_ACCEPTABLE")
}
