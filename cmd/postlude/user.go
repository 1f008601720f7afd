package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/postlude/postlude/internal/auth"
)

type userCommand struct {
	Hash userHashCommand `cmd:"" help:"Print the line of a user for the user file of workflow-api."`
}

type userHashCommand struct {
	Name  string   `arg:"" name:"name" help:"Name of the user."`
	Level string   `name:"level" placeholder:"LEVEL" help:"Access level: NOACCESS, READER, AUTHOR, EDITOR or MANAGER; its role is added."`
	Roles []string `name:"role" placeholder:"ROLE" help:"A role or group; can be repeated."`
	Cost  int      `name:"cost" default:"12" placeholder:"N" help:"Cost of bcrypt, 10 to 16: one more doubles the time that each guess takes (default ${default})."`
}

// Help implements kong's interface.
func (*userHashCommand) Help() string {
	return "The password is asked for twice on a terminal, or is the first line of standard input. It is never an argument: " +
		"others see those.\n\n    postlude user hash --level editor anna >> users"
}

// Run implements the command.
func (c *userHashCommand) Run(_ context.Context, std streams) error {
	roles, err := c.roles()
	if err != nil {
		return err
	}
	if err := checkUser(c.Name, roles); err != nil {
		return err
	}
	password, err := readPassword(std)
	if err != nil {
		return err
	}
	hash, err := auth.HashPassword(password, c.Cost)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(std.out, "%s:%s:%s\n", c.Name, hash, strings.Join(roles, ",")); err != nil {
		return fmt.Errorf("write user: %w", err)
	}
	return nil
}

func (c *userHashCommand) roles() ([]string, error) {
	if c.Level == "" {
		return c.Roles, nil
	}
	level, err := auth.ParseLevel(c.Level)
	if err != nil {
		return nil, usage("--level: %s", err)
	}
	return append([]string{level.Role()}, c.Roles...), nil
}

// checkUser refuses what would not be read back as it is.
func checkUser(name string, roles []string) error {
	if err := auth.CheckName(name); err != nil {
		return usage("%s", err)
	}
	if strings.ContainsAny(name, ":#") {
		return usage("the name must not contain ':' or '#'")
	}
	for _, role := range roles {
		if err := auth.CheckRole(role); err != nil {
			return usage("--role %q: %s", role, err)
		}
		if strings.ContainsAny(role, ":,") {
			return usage("--role %q: the role must not contain ':' or ','", role)
		}
	}
	return nil
}

// readPassword asks twice on a terminal, and reads one line of anything else.
func readPassword(std streams) (string, error) {
	if file, ok := std.in.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		first, err := ask(file, std.err, "Password: ")
		if err != nil {
			return "", err
		}
		second, err := ask(file, std.err, "Again: ")
		if err != nil {
			return "", err
		}
		if first != second {
			return "", errors.New("the two passwords differ")
		}
		return first, nil
	}
	line, err := bufio.NewReader(io.LimitReader(std.in, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read password: %w", err)
	}
	return strings.TrimRight(line, "\r\n"), nil
}

func ask(terminal *os.File, to io.Writer, prompt string) (string, error) {
	fmt.Fprint(to, prompt)
	defer fmt.Fprintln(to)
	password, err := term.ReadPassword(int(terminal.Fd()))
	if err != nil {
		return "", fmt.Errorf("read password: %w", err)
	}
	return string(password), nil
}
