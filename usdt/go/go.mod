module gobpf/usdt

go 1.19
