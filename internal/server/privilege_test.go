package server_test

import (
	"net/url"
	"testing"

	"strongroom/internal/server/servertest"
	"strongroom/internal/store/testdb"
	"strongroom/internal/vault"
)

// TestServerNeedsNoDDL: with MIGRATE_DATABASE_URL the server's own user may only
// select, insert, update and delete.
func TestServerNeedsNoDDL(t *testing.T) {
	for kind, grants := range map[string]func(user, db string) []string{
		"mysql": func(user, db string) []string {
			return []string{"CREATE USER " + user + " IDENTIFIED BY 'least'", "GRANT SELECT, INSERT, UPDATE, DELETE ON " + db + ".* TO " + user}
		},
		"postgres": func(user, _ string) []string {
			return []string{"CREATE USER " + user + " PASSWORD 'least'",
				"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO " + user}
		},
	} {
		t.Run(kind, func(t *testing.T) {
			o := servertest.Options(t)
			owner := testdb.New(t, kind)
			user := "least" + vault.NewID[string]()[:8]
			for _, g := range grants(user, owner.Name) {
				testdb.Exec(t, owner, g)
			}
			drop := "DROP USER " + user
			if kind == "postgres" {
				drop = "DROP OWNED BY " + user + "; " + drop
			}
			t.Cleanup(func() { testdb.Exec(t, owner, drop) })
			o.Store.Source, o.Store.Migrate = owner, &owner
			o.Store.Source.User, o.Store.Source.Password = user, "least"
			n := servertest.Start(t, o)
			n.Register("alice")
			in, _ := n.LogIn("alice")
			id := in.Do("POST", "/api/v1/passwords", map[string]string{"service": "x", "password": "s3cret"}).Want(201).Map()["id"].(string)
			in.Do("PATCH", "/api/v1/passwords/"+id, map[string]string{"password": "n3w"}).Want(200)
			in.Do("DELETE", "/api/v1/passwords/"+id+"?permanent=true", nil).Want(200)
			in.Do("POST", "/api/v1/logout", nil).Want(200)
			db := testdb.DB(t, o.Store.Source)
			defer db.Close()
			if _, err := db.Exec("CREATE TABLE forbidden (x INT)"); err == nil {
				t.Error("the server's user may change the schema: the test shows nothing")
			}
		})
	}
}

// TestRESTOff: with REST_UNLOCK=off nothing is opened for this door.
func TestRESTOff(t *testing.T) {
	o := servertest.Options(t)
	n := servertest.Start(t, o)
	n.Register("alice")
	in, _ := n.LogIn("alice")
	o.Settings = servertest.Settings(t, "SIGNUPS=open", "REST_UNLOCK=off")
	off := servertest.Start(t, o)
	off.Do("POST", "/api/v1/token", url.Values{"username": {"alice"}, "password": {servertest.Password}}).Want(403)
	for _, path := range []string{"/api/v1/passwords", "/api/v1/folders"} {
		if a := off.As(in.Token).Do("GET", path, nil).Want(403).Map(); a["code"] != "rest-unlock-off" {
			t.Errorf("%s: %v", path, a)
		}
	}
	off.Do("GET", "/api/v1/generate-password", nil).Want(200)
	off.As(in.Token).Do("GET", "/api/v1/users/me", nil).Want(200)
}
