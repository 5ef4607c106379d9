// Answers each line "expression TAB zone TAB from TAB count" with instants, or with "refused".
package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron"
)

func main() {
	questions := bufio.NewScanner(os.Stdin)
	answers := bufio.NewWriter(os.Stdout)
	defer answers.Flush()
	for questions.Scan() {
		fmt.Fprintln(answers, answer(strings.Split(questions.Text(), "\t")))
	}
}

func answer(question []string) string {
	schedule, refusal := cron.ParseStandard("TZ=" + question[1] + " " + question[0])
	if refusal != nil {
		return "refused"
	}
	from, _ := strconv.ParseInt(question[2], 10, 64)
	count, _ := strconv.Atoi(question[3])
	at := time.UnixMilli(from)
	found := []string{}
	for ; count > 0; count-- {
		at = schedule.Next(at)
		if at.IsZero() {
			break
		}
		found = append(found, strconv.FormatInt(at.UnixMilli(), 10))
	}
	return strings.Join(found, " ")
}
