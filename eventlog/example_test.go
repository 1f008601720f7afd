package eventlog_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"time"

	"github.com/postlude/postlude/eventlog"
)

// An entry is created, found and deleted over HTTP.
func ExampleClient() {
	api := httptest.NewServer(newFake()) // stands for workflow-api
	defer api.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	client, err := eventlog.NewClient(api.URL, eventlog.Options{Username: "billing", Password: "secret"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	id, err := client.Create(ctx, eventlog.Event{
		Topic:          "invoice.sent",
		Ref:            "2026-000123",
		Data:           json.RawMessage(`{"amount":[12.5]}`),
		IdempotencyKey: "invoice 2026-000123", // so that this program may die and try again
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for entry, err := range client.Entries(ctx, eventlog.Query{Topics: []string{"invoice.sent"}}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s %s %s\n", entry.Topic, entry.Ref, entry.Data)
	}
	fmt.Println(client.Delete(ctx, id))
	fmt.Println(errors.Is(client.Delete(ctx, id), eventlog.ErrNotFound))
	// Output:
	// invoice.sent 2026-000123 {"amount":[12.5]}
	// <nil>
	// true
}

// A mail is sent for every invoice. The handler fails once, and is called again.
func ExampleClient_Consume() {
	api := httptest.NewServer(newFake()) // stands for workflow-api
	defer api.Close()
	client, err := eventlog.NewClient(api.URL, eventlog.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	if _, err := client.Create(ctx, eventlog.Event{Topic: "invoice.sent", Ref: "2026-000123"}); err != nil {
		fmt.Println(err)
		return
	}

	sent := map[string]bool{}
	err = client.Consume(ctx, eventlog.Consumer{
		Topic: "invoice.sent",
		Lease: 5 * time.Minute,
		Pause: 10 * time.Millisecond, // after the first failure; it doubles
		Handler: func(ctx context.Context, entry eventlog.Entry) error {
			if sent[entry.ID] { // the entry came again: the mail has gone out
				fmt.Println("sent already:", entry.Ref)
				stop() // what runs is finished
				return nil
			}
			fmt.Println("mail about", entry.Ref)
			sent[entry.ID] = true
			return errors.New("the connection broke off")
		},
		OnError: func(entry eventlog.Entry, err error) { fmt.Println(entry.Ref, "failed:", err) },
	})
	fmt.Println(err)
	// Output:
	// mail about 2026-000123
	// 2026-000123 failed: the connection broke off
	// sent already: 2026-000123
	// <nil>
}

// Entries are taken in batches, by a program that has a loop of its own.
func ExampleClient_LockDue() {
	api := httptest.NewServer(newFake()) // stands for workflow-api
	defer api.Close()
	client, err := eventlog.NewClient(api.URL, eventlog.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for _, ref := range []string{"2026-000123", "2026-000124"} {
		if _, err := client.Create(ctx, eventlog.Event{Topic: "invoice.sent", Ref: ref}); err != nil {
			fmt.Println(err)
			return
		}
	}

	locked, err := client.LockDue(ctx, eventlog.LockQuery{
		Topic: "invoice.sent", Max: 100, Lease: 10 * time.Minute, Wait: 20 * time.Second,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(locked), "invoices in one mail")
	for i := range locked {
		if err := client.DeleteLocked(ctx, locked[i].ID); err != nil {
			fmt.Println(err) // another may have sent it, too
		}
	}
	// Output:
	// 2 invoices in one mail
}
