// Go's net/http: one connection for each request, resumed where the server lets it, one after the other.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"flag"
	"io"
	"log"
	"net/http"
	"os"
	"runtime"
)

const session = "sess_e00de7899156f156ff64a85af32b7694eeb1972f8e54d357850256267acfe6cf"

func main() {
	port := flag.String("port", "", "the server's")
	authority := flag.String("ca", "", "file of the authority in PEM")
	operations := flag.Uint64("operations", 0, "requests in all; 0: until stopped")
	connections := flag.Int("connections", 1, "at a time; only one")
	flag.Parse()
	if *connections != 1 {
		log.Fatal("only one connection at a time")
	}
	runtime.GOMAXPROCS(1)
	pem, err := os.ReadFile(*authority)
	if err != nil {
		log.Fatal(err)
	}
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(pem)
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{RootCAs: trusted, ClientSessionCache: tls.NewLRUClientSessionCache(4)},
	}}
	for done := uint64(0); *operations == 0 || done < *operations; done++ {
		request, err := http.NewRequest("GET", "https://localhost:"+*port+"/v1/sessions/"+session, nil)
		if err != nil {
			log.Fatal(err)
		}
		request.Header.Set("X-API-Key", "sip_pro_0123456789abcdef0123456789abcdef")
		response, err := client.Do(request)
		if err != nil {
			log.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, response.Body); err != nil || response.StatusCode != 200 {
			log.Fatal(response.Status, err)
		}
		response.Body.Close()
	}
}
