// Command vidimus says what an electronic signature is worth, why, and keeps the
// proof.
package main

import (
	"os"
)

func main() { os.Exit(run(os.Args[1:], system())) }
