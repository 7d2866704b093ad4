// Command decode says what Kubernetes' own strict decoder makes of every field of a component configuration.
//
// Standard input has a field's path a line, as `khw-kubelet-conf fields` prints them; the arguments are the kind and
// the apiVersion. For each field a minimal document is made with each of the values below. Standard output has a line
// for the values, then for each field its path and a letter for each value, in their order:
//
//	+  the document is read
//	-  the value is of a wrong type: the program stops
//	?  a field is unknown: the program goes on without it, and says so in its log
//
// Which types are asked is decided by the file it is built with: kubernetes_1_20.go or current.go.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
)

var values = []string{
	`true`, `7`, `-7`, `1.5`, `3000000000`, `5000000000`,
	`""`, `"yes"`, `"7"`, `"5s"`, `"10%"`, `"100Mi"`, `"2026-11-24T12:00:00Z"`,
	`[]`, `["x"]`, `[true]`, `[7]`, `[{}]`,
	`{}`, `{"a":"x"}`, `{"a":"5s"}`, `{"a":"100Mi"}`, `{"a":7}`, `{"a":true}`, `{"a":["x"]}`,
}

func main() {
	kind, apiVersion := os.Args[1], os.Args[2]
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	fmt.Fprintln(out, strings.Join(append([]string{"field"}, values...), "\t"))
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		path := lines.Text()
		verdicts := ""
		for _, value := range values {
			verdicts += verdict(document(kind, apiVersion, path, value))
		}
		fmt.Fprintf(out, "%s\t%s\n", path, verdicts)
	}
}

// document has just one field: `a[].b` is the field b of the only element of the list a.
func document(kind, apiVersion, path, value string) []byte {
	parts := strings.Split(path, ".")
	for at := len(parts) - 1; at >= 0; at-- {
		name := strings.TrimSuffix(parts[at], "[]")
		if name != parts[at] {
			value = "[" + value + "]"
		}
		quoted, _ := json.Marshal(name)
		value = fmt.Sprintf(`{%s:%s}`, quoted, value)
	}
	head := fmt.Sprintf(`{"kind":%q,"apiVersion":%q,`, kind, apiVersion)
	return []byte(head + strings.TrimPrefix(value, "{"))
}

func verdict(document []byte) string {
	switch _, _, err := decoder.Decode(document, nil, nil); {
	case err == nil:
		return "+"
	case runtime.IsStrictDecodingError(err):
		return "?"
	default:
		return "-"
	}
}
