// The server on Go's net/http, which is also the one that clients are measured against: server [no arguments].
//
// Answers questions on its standard input, as plain/answering.ts does.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"
)

const greeting = "Hello, world!"
const children = 3

type address struct {
	City  string   `json:"city"`
	Zip   string   `json:"zip"`
	Lines []string `json:"lines"`
}

type person struct {
	ID      int      `json:"id"`
	Name    string   `json:"name"`
	Mail    string   `json:"mail"`
	Roles   []string `json:"roles"`
	Address address  `json:"address"`
	Active  bool     `json:"active"`
	Score   float64  `json:"score"`
}

func record() person {
	return person{4711, "Ada Lovelace", "ada@example.org", []string{"author", "editor"},
		address{"London", "W1", []string{"12 St James's Square"}}, true, 97.25}
}

var mutex sync.Mutex
var ended [][2]float64

func hasEnded(id float64) {
	mutex.Lock()
	defer mutex.Unlock()
	ended = append(ended, [2]float64{id, float64(time.Now().UnixNano()) / 1e6})
}

func takeEnded() [][2]float64 {
	mutex.Lock()
	defer mutex.Unlock()
	taken := ended
	ended = nil
	if taken == nil {
		taken = [][2]float64{}
	}
	return taken
}

func sendText(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/plain")
	io.WriteString(w, greeting)
}

func sendJSON(w http.ResponseWriter, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		http.Error(w, err.Error(), 500)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(body)
}

func echo(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		http.Error(w, err.Error(), 400)
		return
	}
	sendJSON(w, value)
}

func slow(w http.ResponseWriter, r *http.Request) {
	id, _ := strconv.ParseFloat(strings.TrimPrefix(r.URL.Path, "/slow/"), 64)
	var all sync.WaitGroup
	for i := 0; i < children; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			select {
			case <-r.Context().Done():
			case <-time.After(time.Minute):
			}
		}()
	}
	all.Wait()
	hasEnded(id)
}

var turns = 300_000
var sink int32

func compute() {
	var sum int32
	for turn := 0; turn < turns; turn++ {
		sum = sum*31 + int32(turn)
	}
	sink = sum
}

func work(w http.ResponseWriter, r *http.Request) {
	compute()
	time.Sleep(2 * time.Millisecond)
	compute()
	sendText(w)
}

// As many zero bytes as the path says.
func bytes(w http.ResponseWriter, r *http.Request) {
	count, _ := strconv.ParseInt(strings.TrimPrefix(r.URL.Path, "/bytes/"), 10, 64)
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.FormatInt(count, 10))
	chunk := make([]byte, 65536)
	for count > 0 {
		if count < int64(len(chunk)) {
			chunk = chunk[:count]
		}
		written, err := w.Write(chunk)
		if err != nil {
			return
		}
		count -= int64(written)
	}
}

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("/hello", func(w http.ResponseWriter, r *http.Request) { sendText(w) })
	mux.HandleFunc("/json", func(w http.ResponseWriter, r *http.Request) { sendJSON(w, record()) })
	mux.HandleFunc("/timer", func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(5 * time.Millisecond)
		sendText(w)
	})
	mux.HandleFunc("/echo", echo)
	mux.HandleFunc("/slow/", slow)
	mux.HandleFunc("/ended", func(w http.ResponseWriter, r *http.Request) { sendJSON(w, takeEnded()) })
	mux.HandleFunc("/work", work)
	mux.HandleFunc("/bytes/", bytes)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Printf("{\"failed\":%q}\n", err.Error())
		return
	}
	go http.Serve(listener, mux)
	fmt.Printf("{\"port\":%d}\n", listener.Addr().(*net.TCPAddr).Port)
	questions := bufio.NewScanner(os.Stdin)
	for questions.Scan() {
		debug.FreeOSMemory()
		fmt.Println("{}")
	}
}
