package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"
)

// component is CycloneDX's word for a part.
type component struct {
	Type     string        `json:"type"`
	Ref      string        `json:"bom-ref"`
	Name     string        `json:"name"`
	Version  string        `json:"version"`
	PURL     string        `json:"purl,omitempty"`
	Hashes   []hash        `json:"hashes,omitempty"`
	Licenses []licenceInfo `json:"licenses,omitempty"`
}

type hash struct {
	Alg     string `json:"alg"`
	Content string `json:"content"`
}

type licenceInfo struct {
	License struct {
		ID   string `json:"id,omitempty"`
		Name string `json:"name,omitempty"`
	} `json:"license"`
}

type dependency struct {
	Ref       string   `json:"ref"`
	DependsOn []string `json:"dependsOn,omitempty"`
}

// bom is a CycloneDX 1.6 document.
type bom struct {
	Format   string `json:"bomFormat"`
	Spec     string `json:"specVersion"`
	Serial   string `json:"serialNumber"`
	Version  int    `json:"version"`
	Metadata struct {
		Timestamp string    `json:"timestamp"`
		Component component `json:"component"`
	} `json:"metadata"`
	Components   []component  `json:"components"`
	Dependencies []dependency `json:"dependencies"`
}

// sbom writes the list of all that is in a product's programs.
func (r *release) sbom(p *product) error {
	doc := r.components(p)
	return r.create(p.name+"-"+r.version+".cdx.json", func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(doc)
	})
}

func (r *release) components(p *product) (doc bom) {
	doc.Format, doc.Spec, doc.Version = "CycloneDX", "1.6", 1
	id := sha256.Sum256([]byte(p.name + " " + r.version + " " + r.commit)) // the same commit has the same number
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80                        // a UUID of version 8
	doc.Serial = fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:16])
	doc.Metadata.Timestamp = r.date.Format(time.RFC3339)
	self := component{Type: "application", Ref: p.name, Name: p.name, Version: r.version, Licenses: licensed("MIT")}
	doc.Metadata.Component = self
	top := dependency{Ref: self.Ref}
	for _, in := range p.parts {
		c := component{Type: "library", Ref: in.purl(), Name: in.Name, Version: in.Version, PURL: in.purl(), Licenses: licensed(in.ID)}
		if in.SHA512 != "" {
			c.Hashes = []hash{{"SHA-512", in.SHA512}}
		}
		doc.Components = append(doc.Components, c)
		top.DependsOn = append(top.DependsOn, c.Ref)
	}
	doc.Dependencies = []dependency{top}
	return doc
}

func licensed(id string) []licenceInfo {
	var l licenceInfo
	if l.License.ID = id; id == "" {
		l.License.Name = "see " + noticesName
	}
	return []licenceInfo{l}
}

// purl is the part's address as package-url has it.
func (p part) purl() string {
	name := p.Name
	if p.Kind == "npm" {
		name = strings.Replace(name, "@", "%40", 1)
	}
	return "pkg:" + p.Kind + "/" + name + "@" + strings.ReplaceAll(url.PathEscape(p.Version), "+", "%2B")
}
