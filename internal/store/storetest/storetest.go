// Package storetest is what a database must do to be one of ours. It must not
// know which one it is given. Invariant: every supported database passes the
// whole of it, unchanged.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"strongroom/internal/seal"
	"strongroom/internal/store"
	"strongroom/internal/vault"
)

// Suite gives each test an empty database. New returns where one is; Options
// turns that into what Open takes.
type Suite struct {
	New func(t *testing.T) store.Source
}

// Keys makes FERNET_KEYs for a test, newest first.
func Keys(t *testing.T, texts ...string) seal.Keys {
	t.Helper()
	if len(texts) == 0 {
		texts = []string{seal.GenerateKey()}
	}
	k, err := seal.ParseKeys(strings.Join(texts, ","))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// Run runs the whole contract.
func (s Suite) Run(t *testing.T) {
	for _, c := range []struct {
		name string
		run  func(*testing.T, *store.Store)
	}{
		{"UserRoundTrip", userRoundTrip}, {"EmailIsUnique", emailIsUnique}, {"UsersArePaged", usersArePaged}, {"UsersAreFiltered", usersFiltered}, {"DeletingAUserLeavesNothing", deleteUser},
		{"ItemRoundTrip", itemRoundTrip}, {"StaleRevisionIsRefused", staleItem}, {"ConcurrentUpdatesLoseNothing", concurrentUpdates},
		{"ManyItems", manyItems}, {"ChangesNeverMeet", changesNeverMeet},
		{"ItemsArePagedAndFiltered", itemsPaged}, {"AnotherUsersThingsAreAbsent", foreignThings}, {"AnotherUsersFolderCannotBeLinked", foreignFolder},
		{"FolderDeletionKeepsItems", folderDeletion}, {"RefreshTokensWorkOnce", refreshOnce}, {"SessionsExpire", sessionsExpire}, {"Proofs", proofs},
		{"FactorRoundTrip", factorRoundTrip}, {"AStepCountsOnce", stepOnce}, {"MailedCodesAreTriedAndDropped", mailedCodes}, {"TokensAreSpentOnce", spendOnce}, {"RememberedDevices", rememberedDevices}, {"AccessTokens", accessTokens},
		{"RollsBack", rollsBack}, {"SetupCodeIsUsedOnce", setupCode}, {"EventsStandInTheirTransaction", events}, {"LargeValues", largeValues},
		{"ReadModifyWriteIsSerial", readModifyWrite}, {"ACrowdOfWriters", crowd},
		{"GuessesAreCountedOnce", guessesAreCounted}, {"FamiliarNetworks", familiarNetworks},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t, open(t, store.Options{Source: s.New(t), Keys: Keys(t)}))
		})
	}
	t.Run("StartingAtOnceMigratesOnce", func(t *testing.T) { t.Parallel(); startAtOnce(t, s.New(t)) })
	t.Run("WrongKeysChangeNothing", func(t *testing.T) { t.Parallel(); wrongKeys(t, s.New(t)) })
	t.Run("NewerSchemaIsRefused", func(t *testing.T) { t.Parallel(); newerSchema(t, s.New(t)) })
	t.Run("NewestKeyMissing", func(t *testing.T) { t.Parallel(); newestKeyMissing(t, s.New(t)) })
	t.Run("GuessesOfACrowd", func(t *testing.T) { t.Parallel(); guessesOfACrowd(t, s.New(t)) })
	t.Run("GuessesOfTheFuture", func(t *testing.T) { t.Parallel(); guessesOfTheFuture(t, s.New(t)) })
	t.Run("RotationWhileRunning", func(t *testing.T) { t.Parallel(); rotation(t, s.New(t)) })
	t.Run("MovedSealsDoNotOpen", func(t *testing.T) { t.Parallel(); movedSeals(t, s.New(t)) })
	t.Run("OneNodeRunsAJob", func(t *testing.T) { t.Parallel(); jobLeases(t, s.New(t)) })
	t.Run("NodesAreListedWhileTheyBeat", func(t *testing.T) { t.Parallel(); nodeList(t, s.New(t)) })
	t.Run("InvitationsWorkOnce", func(t *testing.T) { t.Parallel(); invitations(t, s.New(t)) })
	t.Run("ChainFindsWhatWasDone", func(t *testing.T) { t.Parallel(); s.chainFinds(t) })
	t.Run("ChainOutlivesRetention", func(t *testing.T) { t.Parallel(); retention(t, s.New(t)) })
	t.Run("ChainedByManyAtOnce", func(t *testing.T) { t.Parallel(); chainedAtOnce(t, s.New(t)) })
	t.Run("LookChangesNothing", func(t *testing.T) { t.Parallel(); look(t, s.New(t)) })
}

func open(t *testing.T, o store.Options) *store.Store {
	t.Helper()
	if o.Now == nil {
		o.Now = time.Now
	}
	s, err := store.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// write and read run one transaction that must succeed.
func write(t *testing.T, s *store.Store, fn func(context.Context, *store.Tx) error) {
	t.Helper()
	must(t, s.Tx(t.Context(), func(tx *store.Tx) error { return fn(t.Context(), tx) }))
}

func read(t *testing.T, s *store.Store, fn func(context.Context, *store.Tx) error) {
	t.Helper()
	must(t, s.Read(t.Context(), func(tx *store.Tx) error { return fn(t.Context(), tx) }))
}

// wants runs one transaction that must fail so.
func wants(t *testing.T, s *store.Store, want error, fn func(context.Context, *store.Tx) error) {
	t.Helper()
	if err := s.Tx(t.Context(), func(tx *store.Tx) error { return fn(t.Context(), tx) }); !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}

var compare = cmp.AllowUnexported(vault.Secret{})

func same(t *testing.T, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got, compare); d != "" {
		t.Errorf("read back differs (-want +got):\n%s", d)
	}
}

func user(t *testing.T, s *store.Store, email string) *vault.User {
	t.Helper()
	u := &vault.User{ID: vault.NewID[vault.UserID](), Email: email, Name: "Ä 🔑", Role: vault.RoleUser, Hint: "h", Salt: email,
		KDF: vault.KDF{Type: 1, Iterations: 4, Memory: 32, Parallelism: 4}, PasswordHash: vault.NewSecret("$argon2id$x"),
		ProtectedKey: "2.a|b|c", PublicKey: "pub", PrivateKey: "2.d|e|f", Stamp: vault.NewID[string]()}
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.InsertUser(ctx, u) })
	return u
}

func item(t *testing.T, s *store.Store, u *vault.User, change func(*vault.Item)) *vault.Item {
	t.Helper()
	i := &vault.Item{ID: vault.NewID[vault.ItemID](), Owner: u.ID, Type: vault.Login, Data: []byte(`{"name":"2.näme 🔑 ?"}`)}
	if change != nil {
		change(i)
	}
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.InsertItem(ctx, i) })
	return i
}

func get(t *testing.T, s *store.Store, i *vault.Item) (got *vault.Item) {
	t.Helper()
	read(t, s, func(ctx context.Context, tx *store.Tx) (err error) {
		got, err = tx.Item(ctx, i.Owner, i.ID)
		return err
	})
	return got
}

func startAtOnce(t *testing.T, src store.Source) {
	keys := Keys(t)
	var wg sync.WaitGroup
	stores := make([]*store.Store, 4)
	errs := make([]error, len(stores))
	for n := range stores {
		wg.Go(func() {
			stores[n], errs[n] = store.Open(t.Context(), store.Options{Source: src, Keys: keys, Now: time.Now})
		})
	}
	wg.Wait()
	must(t, errors.Join(errs...))
	u := user(t, stores[0], "a@example.com")
	for n, s := range stores {
		read(t, s, func(ctx context.Context, tx *store.Tx) error {
			got, err := tx.UserByEmail(ctx, "a@example.com")
			if err == nil && got.ID != u.ID {
				return fmt.Errorf("node %d sees another user", n)
			}
			return err
		})
		s.Close()
	}
}
