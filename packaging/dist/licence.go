package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// licenceFile matches what people call the files that must go along.
var licenceFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|copyright|patents)([-.].*)?$|\.licen[cs]e(\.txt)?$`)

// licences returns the texts that dir's owner wants passed on, in order of name.
func licences(dir string) (texts []string, err error) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		if ext := filepath.Ext(f.Name()); f.IsDir() || !licenceFile.MatchString(f.Name()) || slices.Contains([]string{".go", ".js", ".ts", ".json"}, ext) {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			return nil, err
		}
		texts = append(texts, strings.TrimSpace(strings.ReplaceAll(string(b), "\r\n", "\n")))
	}
	return texts, nil
}

// known are sentences by which licences are told apart, the narrower before the wider.
var known = []struct {
	id  string
	all []string
}{
	{"Apache-2.0", []string{"apache license", "version 2.0"}},
	{"MPL-2.0", []string{"mozilla public license", "2.0"}},
	{"ISC", []string{"permission to use, copy, modify, and/or distribute this software for any purpose with or without fee"}},
	{"ISC", []string{"permission to use, copy, modify, and distribute this software for any purpose with or without fee"}},
	{"MIT", []string{"permission is hereby granted, free of charge, to any person obtaining a copy", "the above copyright notice and this permission notice shall be included"}},
	{"BSD-3-Clause", []string{"redistribution and use in source and binary forms", "endorse or promote products"}},
	{"BSD-2-Clause", []string{"redistribution and use in source and binary forms"}},
	{"CC0-1.0", []string{"cc0 1.0 universal"}},
	{"Unlicense", []string{"this is free and unencumbered software released into the public domain"}},
}

// identify names the licence of the first text that is one we know.
func identify(texts []string) string {
	for _, text := range texts {
		flat := strings.ToLower(strings.Join(strings.Fields(text), " "))
		for _, k := range known {
			if !slices.ContainsFunc(k.all, func(s string) bool { return !strings.Contains(flat, s) }) {
				return k.id
			}
		}
	}
	return ""
}

// notices is one text with all licences, each once with the names of those who use it.
func notices(parts []part) ([]byte, error) {
	var order []string
	users := map[string][]string{}
	for _, p := range parts {
		whole := strings.Join(p.Texts, "\n\n")
		if users[whole] == nil {
			order = append(order, whole)
		}
		users[whole] = append(users[whole], p.Name+" "+p.Version)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "Strongroom is made with the work of others. Here are the %d components that are in its programs,\nand the licences under which they may be passed on.\n", len(parts))
	for _, text := range order {
		fmt.Fprintf(&b, "\n%s\n\n%s\n\n%s\n", strings.Repeat("=", 80), strings.Join(users[text], "\n"), text)
	}
	return b.Bytes(), nil
}
