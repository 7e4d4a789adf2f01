package internal

import (
	"encoding/json"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// room is one package's place: what of ours it may import, and why no more.
type room struct {
	may []string
	why string
}

// rooms is the map of the house. A trailing slash stands for everything below.
// ARCHITECTURE.md draws it. The desktop program is a module of its own, beside it.
var rooms = map[string]room{
	"fault":         {nil, "everything may return a fault, so a fault may know nothing"},
	"vault":         {[]string{"fault"}, "rules are pure: what they need is handed to them, and every layer can ask them"},
	"keyring":       {[]string{"fault"}, "a client's cryptography is checked against vectors alone, without a server around it"},
	"seal":          {[]string{"fault"}, "the envelope does not know what it holds, so it cannot leak it"},
	"generate":      {[]string{"fault"}, "generators need randomness and nothing of a vault"},
	"pwhash":        {[]string{"fault"}, "the slow hash sees proofs, never names or accounts"},
	"token":         {[]string{"fault"}, "a token says who; only its row, read elsewhere, says whether it still counts"},
	"tlscert":       {[]string{"fault"}, "certificates are files and clocks; listening is the server's"},
	"live":          {[]string{"vault", "fault"}, "who listens is memory of one node; how they are spoken to is a door's"},
	"acme":          {[]string{"store", "vault", "fault"}, "certificates are got for names and kept in the store; listening is the server's"},
	"acme/acmetest": {nil, "an authority knows nothing of those it certifies"},

	"trim":     {nil, "it moves no data"},
	"filelock": {nil, "a lock is a lock, whatever it keeps apart"},
	"logfile":  {nil, "a log is lines; what stands in them is the caller's"},
	"winsvc":   {[]string{"fault"}, "the service manager is told started, stopped or failed, and nothing else"},
	"spread":   {nil, "it runs what it is given and knows nothing of it"},
	"config":   {[]string{"fault"}, "settings are read before anything exists that they could open"},

	"store":           {[]string{"vault", "seal", "filelock", "fault"}, "SQL keeps nouns and decides nothing; a rule in it would be a rule written twice"},
	"store/storetest": {[]string{"store", "store/testdb", "vault", "seal", "fault"}, "the contract speaks to a database through the store only"},
	"store/testdb":    {[]string{"store", "vault", "seal"}, "test databases are made past the store, by tests"},

	"mail":          {[]string{"fault"}, "letters and how they leave; who gets which is a verb's business"},
	"outbound":      {[]string{"fault"}, "what asks the internet holds nothing that could leak there"},
	"mail/mailtest": {nil, "a mail server knows nothing of us"},
	"blob":          {[]string{"fault"}, "bytes under names; whose they are stands in the store"},

	"s3":        {[]string{"outbound", "fault"}, "objects under names; what they hold is the caller's"},
	"s3/s3test": {[]string{"s3", "outbound"}, "a storage for tests"},
	"backup":    {[]string{"store", "blob", "s3", "seal", "fault"}, "it carries rows as they are sealed; with a verb at hand it could open some"},
	"telemetry": {nil, "what measures must not know what it measures"},

	"cluster": {[]string{"store", "vault", "fault"}, "nodes meet in the database; what they then tell is the server's to wire"},

	"jobs": {[]string{"core/", "cluster", "vault", "fault"}, "a job is a verb and a clock; what it does is the verb's"},

	"checkup": {[]string{"config", "store", "vault", "fault"}, "it looks at an instance and changes nothing; who asks is a door's business"},

	"chain":    {[]string{"store", "vault", "fault"}, "it keeps the audit log in order; what deserves a line is a verb's to say"},
	"throttle": {[]string{"store", "vault", "fault"}, "it counts before a verb looks; what is right is the verb's"},

	"core/account": {[]string{"store", "throttle", "pwhash", "token", "mail", "vault", "fault"}, coreWhy},
	"core/audit":   {[]string{"store", "vault", "fault"}, coreWhy},
	"core/admin":   {[]string{"store", "mail", "token", "vault", "fault"}, coreWhy},
	"core/breach":  {[]string{"outbound", "vault", "fault"}, coreWhy},
	"core/file":    {[]string{"store", "blob", "token", "vault", "fault"}, coreWhy},
	"core/send":    {[]string{"store", "throttle", "blob", "mail", "pwhash", "token", "vault", "fault"}, coreWhy},
	"core/item":    {[]string{"store", "spread", "vault", "fault"}, coreWhy},
	"core/mfa":     {[]string{"store", "throttle", "outbound", "token", "mail", "vault", "fault"}, coreWhy},
	"core/signin":  {[]string{"store", "throttle", "pwhash", "token", "mail", "vault", "fault"}, coreWhy},
	"core/unlock": {[]string{"store", "keyring", "seal", "generate", "pwhash", "vault", "fault"},
		"it is the one place in the server that can open an item; it reaches other verbs through interfaces that the server fills"},

	"wire/httpkit": {[]string{"vault", "fault"}, "what doors share knows no verb and no words of a door"},
	"wire/signalr": {[]string{"live", "wire/httpkit", "vault", "fault"}, "it passes on what it is told; whoever calls it has asked who may listen"},
	"wire/rest":    {[]string{"core/", "generate", "wire/httpkit", "vault", "fault"}, "a door maps and calls verbs; with the store at hand it would begin to decide"},

	"wire/bitwarden": {[]string{"spread", "core/account", "core/audit", "core/item", "core/signin", "core/mfa", "core/file", "core/send", "live", "outbound", "wire/httpkit", "wire/signalr", "vault", "fault"},
		"this door cannot decrypt: with keyring or core/unlock at hand it could"},

	"server":            {[]string{"core/", "chain", "throttle", "wire/", "live", "cluster", "jobs", "checkup", "telemetry", "backup", "s3", "blob", "mail", "outbound", "config", "logfile", "acme", "store", "seal", "keyring", "pwhash", "token", "tlscert", "vault", "fault"}, "it builds everything, so nothing it builds may need it"},
	"server/servertest": {[]string{"server", "config", "store", "store/testdb", "seal", "keyring", "vault", "fault"}, "tests start what the binary starts"},
	"cli":               {[]string{"server", "backup", "blob", "config", "core/admin", "core/unlock", "generate", "seal", "store", "tlscert", "trim", "winsvc", "vault", "fault"}, "commands call the verbs of a node; they hold none"},
}

const coreWhy = "verbs do not need each other: what two share is a rule (vault) or a query (store)"

// fenced says who alone may import a package from outside.
var fenced = []struct {
	pkg, why string
	who      []string
}{
	{"database/sql", "SQL stands in the store, where the contract of three databases tests it", []string{"store", "store/"}},
	{"github.com/go-sql-driver/mysql", "drivers stand behind the store", []string{"store"}},
	{"github.com/jackc/pgx/v5/stdlib", "drivers stand behind the store", []string{"store"}},
	{"modernc.org/sqlite", "drivers stand behind the store", []string{"store"}},
	{"github.com/caddyserver/certmagic", "one package speaks to certificate authorities", []string{"acme"}},
	{"golang.org/x/sys/windows/svc", "one package speaks to Windows' service manager", []string{"winsvc"}},
	{"net/http", "a verb that knows HTTP answers one door and not the other", []string{"acme", "acme/acmetest", "wire/", "outbound", "s3", "server", "server/", "cli", "telemetry"}},
	{"github.com/prometheus/client_golang/prometheus", "one package measures, so that one look shows that no label names a person", []string{"telemetry"}},
	{"go.opentelemetry.io/otel/trace", "one package traces, for the same reason", []string{"telemetry"}},
	{"github.com/danielgtaylor/huma/v2", "huma is the REST door's", []string{"wire/rest"}},
	{"github.com/go-webauthn/webauthn/webauthn", "keys are judged in one place", []string{"core/mfa"}},
	{"github.com/coder/websocket", "one package speaks over WebSockets", []string{"wire/signalr", "server/servertest"}},
	{"github.com/vmihailenco/msgpack/v5", "MessagePack is the notifications' format", []string{"wire/signalr", "server/servertest"}},
	{"strongroom/internal/keyring", "who has a keyring can open a vault", []string{"core/unlock", "server", "server/servertest"}},
}

type listed struct {
	ImportPath string
	Dir        string
	Imports    []string
	Deps       []string
	GoFiles    []string
}

func packages(t *testing.T) (all []listed) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Dir,Imports,Deps,GoFiles", "strongroom/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var p listed
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

const root = "strongroom/internal/"

func among(name string, list []string) bool {
	return slices.ContainsFunc(list, func(r string) bool { return name == r || strings.HasSuffix(r, "/") && strings.HasPrefix(name, r) })
}

func TestImports(t *testing.T) {
	for _, p := range packages(t) {
		name, ours := strings.CutPrefix(p.ImportPath, root)
		if !ours {
			continue
		}
		r, ok := rooms[name]
		if !ok {
			t.Errorf("%s has no place on the map; give it one in rooms, and a line in ARCHITECTURE.md", name)
			continue
		}
		for _, imp := range p.Imports {
			if dep, ours := strings.CutPrefix(imp, root); ours && !among(dep, r.may) {
				t.Errorf("%s imports %s and may import only %v: %s", name, dep, r.may, r.why)
			}
			for _, f := range fenced {
				if imp == f.pkg && !among(name, f.who) {
					t.Errorf("%s imports %s, which only %v may: %s", name, imp, f.who, f.why)
				}
			}
		}
	}
}

// TestCommandIsThin: what the binary does is in packages, where tests reach it.
func TestCommandIsThin(t *testing.T) {
	for _, p := range packages(t) {
		if p.ImportPath == "strongroom/cmd/strongroom" {
			for _, imp := range p.Imports {
				if strings.HasPrefix(imp, root) && imp != root+"cli" {
					t.Errorf("cmd/strongroom imports %s; it hands its arguments to internal/cli and no more", imp)
				}
			}
		}
	}
}

func TestOnePackageComment(t *testing.T) {
	for _, p := range packages(t) {
		n := 0
		for _, f := range p.GoFiles {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, f), nil, parser.PackageClauseOnly|parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			if file.Doc != nil {
				n++
			}
		}
		if n != 1 && len(p.GoFiles) > 0 {
			t.Errorf("%s has %d package comments; it needs one that says what it is for, what it must not do, and one invariant", p.ImportPath, n)
		}
	}
}

func TestEnvironmentIsReadInConfigOnly(t *testing.T) {
	for _, p := range packages(t) {
		if among(strings.TrimPrefix(p.ImportPath, root), []string{"config", "store/testdb", "s3/s3test"}) {
			continue
		}
		for _, f := range p.GoFiles {
			b, err := os.ReadFile(filepath.Join(p.Dir, f))
			if err != nil {
				t.Fatal(err)
			}
			for _, call := range []string{"os.Getenv(", "os.LookupEnv(", "os.Environ("} {
				if strings.Contains(string(b), call) {
					t.Errorf("%s/%s calls %s...): settings are read in internal/config, where they are documented", p.ImportPath, f, call)
				}
			}
		}
	}
}

// TestDependenciesHaveAReason holds docs/dependencies.md to go.mod, and to the desktop program's.
func TestDependenciesHaveAReason(t *testing.T) {
	mod, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	desktop, err := os.ReadFile("../desktop/go.mod")
	if err != nil {
		t.Fatal(err)
	}
	mod = append(mod, desktop...)
	doc, err := os.ReadFile("../docs/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(string(mod), "\n") {
		f := strings.Fields(strings.TrimPrefix(line, "require "))
		if len(f) == 2 && f[0] != "strongroom" && strings.HasPrefix(f[1], "v") && !strings.Contains(line, "// indirect") && !strings.Contains(string(doc), "`"+f[0]+"`") {
			t.Errorf("%s has no line in docs/dependencies.md saying why it is not written here", f[0])
		}
	}
}

// TestSecurityNamesTestsThatAre: what SECURITY.md says a thing is held by, there is.
func TestSecurityNamesTestsThatAre(t *testing.T) {
	doc, err := os.ReadFile("../SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	err = filepath.WalkDir("..", func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git" || d.Name() == ".tools") {
			return filepath.SkipDir
		}
		if strings.HasSuffix(path, "_test.go") || strings.Contains(path, "storetest") && strings.HasSuffix(path, ".go") {
			b, err := os.ReadFile(path)
			code.Write(b)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`(Test[A-Z]\\w+)`").FindAllStringSubmatch(string(doc), -1)
	for _, n := range named {
		if !strings.Contains(code.String(), "func "+n[1]+"(") {
			t.Errorf("SECURITY.md names %s, which is no test", n[1])
		}
	}
	if len(named) < 30 {
		t.Errorf("only %d tests are named: the pattern finds nothing", len(named))
	}
}
