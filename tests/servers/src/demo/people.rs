//! Who works at the demo's company, and which folders they made.

/// A person with a mailbox.
#[derive(Debug, Clone, Copy)]
pub struct Person {
    /// The address before the `@`.
    pub login: &'static str,
    /// Name as written in mail.
    pub name: &'static str,
    /// How many messages the mailbox holds.
    pub(super) messages: u64,
    /// Folders beyond the usual ones, from the top down, parts separated by `>`.
    pub(super) folders: &'static [&'static str],
}

/// The company's domain.
pub(super) const DOMAIN: &str = "nordlicht.example";

impl Person {
    /// The mail address, which is the login name too.
    pub fn address(&self) -> String {
        format!("{}@{DOMAIN}", self.login)
    }
}

/// Everybody.
pub(super) const ALL: &[Person] = &[
    Person {
        login: "anna.keller",
        name: "Anna Keller",
        messages: 620,
        folders: &[
            "Projekte",
            "Projekte>Hafen Süd",
            "Projekte>Hafen Süd>Baupläne",
            "Projekte>Lager Ost",
            "Kunden & Partner",
            "Kunden & Partner>Reederei Möwe",
            "Angebote 2024/25",
            "Archiv>2022",
            "Archiv>2023",
        ],
    },
    Person {
        login: "emiko.tanaka",
        name: "田中 恵美子",
        messages: 410,
        folders: &["日本語", "日本語>受信箱", "日本語>見積書", "Hamburg Büro", "Ablage>横浜 & 神戸"],
    },
    Person {
        login: "francois.lefevre",
        name: "François Lefèvre",
        messages: 380,
        folders: &["Équipe", "Équipe>Congés", "Clients>Société Générale des Quais", "Reçus 01/2024"],
    },
    Person {
        login: "chiara.rossi",
        name: "Chiara Rossi",
        messages: 350,
        folders: &["Fatture", "Fatture>2023", "Fatture>2024", "Perché no?", "Trieste>Molo VII"],
    },
    Person {
        login: "jonas.weiss",
        name: "Jonas Weiß",
        messages: 520,
        folders: &["IT", "IT>Störungen", "IT>Verträge", "IT>Server & Netz", "Newsletter", "~alt"],
    },
    Person {
        login: "henrik.soerensen",
        name: "Henrik Sørensen",
        messages: 300,
        folders: &["Færgeri", "Tilbud/Ordrer", "Færgeri>Rødby–Puttgarden"],
    },
    Person {
        login: "ines.garcia",
        name: "Inés García",
        messages: 260,
        folders: &["Aduanas", "Aduanas>Año 2024", "Equipo ✈️"],
    },
    Person {
        login: "karolina.nowak",
        name: "Karolina Nowak",
        messages: 280,
        folders: &["Kadry", "Kadry>Urlopy", "Szkolenia i różne"],
    },
    Person {
        login: "dmitri.sokolov",
        name: "Дмитрий Соколов",
        messages: 240,
        folders: &["Проекты", "Проекты>Склад № 4", "Kunden"],
    },
    Person {
        login: "greta.oeztuerk",
        name: "Greta Öztürk",
        messages: 450,
        folders: &[
            "Vertrieb",
            "Vertrieb>Messen",
            "Vertrieb>Messen>transport logistic",
            "100 % Rabatt",
            "Café-Runde",
        ],
    },
    Person {
        login: "info",
        name: "Nordlicht Logistik",
        messages: 700,
        folders: &["Bewerbungen", "Anfragen>Neu", "Anfragen>Erledigt"],
    },
    Person {
        login: "buchhaltung",
        name: "Buchhaltung",
        messages: 480,
        folders: &["Rechnungen", "Rechnungen>Eingang", "Rechnungen>Ausgang", "Mahnungen", "Bank"],
    },
];
