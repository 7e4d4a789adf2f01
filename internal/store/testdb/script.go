package testdb

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"strongroom/internal/store"
)

// CA is the file with the certificate that the servers of scripts/testdb show.
func CA() string { return os.Getenv("STRONGROOM_TEST_DB_CA") }

// Script runs SQL in the database's own client, as an administrator pipes into it
// what we print.
func Script(t testing.TB, admin store.Source, sql string) {
	t.Helper()
	first, _, _ := strings.Cut(admin.Host, ",") // of a cluster
	host, port, err := net.SplitHostPort(first)
	if err != nil {
		t.Fatal(err)
	}
	var cmd *exec.Cmd
	if admin.Kind == "mysql" {
		cmd = exec.Command(beside("STRONGROOM_TEST_MYSQLDUMP", "mariadb"), "--no-defaults", "-h", host, "-P", port, "-u", admin.User, "-p"+admin.Password)
	} else {
		cmd = exec.Command(beside("STRONGROOM_TEST_PGDUMP", "psql"), "-v", "ON_ERROR_STOP=1", "-h", host, "-p", port, "-U", admin.User, "-d", "postgres")
		cmd.Env = append(os.Environ(), "PGPASSWORD="+admin.Password)
	}
	cmd.Stdin = strings.NewReader(sql)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %s\n%s", err, out, sql)
	}
}

// beside is a client that lies beside the program that a variable names.
func beside(variable, client string) string {
	if dump := os.Getenv(variable); dump != "" {
		return filepath.Join(filepath.Dir(dump), client)
	}
	return client
}
